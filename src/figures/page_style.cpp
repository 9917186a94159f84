#include "page_style.h"

#include "danas/figures/colour.h"
#include "danas/figures/run_figures.h"

namespace danas {
namespace {

constexpr const char* kLayout = R"(
:root { color-scheme: light dark; --ink: #222; --soft: #666; --rule: #ccc; --paper: #fff; --card: #f5f7f9;
  --mark: #0072b2; }
body { color: var(--ink); background: var(--paper); max-width: 1180px; }
th, td { border-bottom-color: var(--rule); } th { color: var(--soft); font-weight: 600; }
tr.strong td { font-weight: 600; } td { overflow-wrap: break-word; } td.number { white-space: nowrap; }
h2 { border-top: 1px solid var(--rule); padding-top: .8em; } h3 { margin: 1.6em 0 .4em; }
nav { line-height: 2; } a { color: var(--mark); }
.lead { font-size: 1.15em; } .soft { color: var(--soft); font-size: .9em; }
.warning { border-left: 4px solid #d55e00; padding-left: .8em; }
.answer { background: var(--card); border-radius: 6px; padding: .4em 1.2em 1em; margin: 1em 0; }
figcaption { font-size: .92em; color: var(--soft); } figcaption b { color: var(--ink); }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5em; } .pair figure { margin: .8em 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 1em;
  align-items: start; }
.pictures figure { margin: 0; break-inside: avoid; }
.pictures img { width: 100%; height: auto; border-radius: 4px; }
.wide { overflow-x: auto; } .wide svg { max-width: none; }
pre { overflow-x: auto; background: var(--card); padding: .8em; font-size: .85em; }
code { background: var(--card); padding: .1em .3em; }
.controls { display: flex; gap: 1em; align-items: center; margin: .5em 0; } .controls input { flex: 0 1 30em; }
details { margin: .6em 0; } summary { cursor: pointer; }
g.cell:hover rect, g.bar:hover rect:first-of-type, g.network:hover { filter: brightness(.85); }
g.epoch:hover rect { fill-opacity: .12; }
@media (max-width: 900px) { .pair { grid-template-columns: 1fr; } }
@media print { .controls { display: none; } .pair { grid-template-columns: 1fr 1fr; } h2 { break-after: avoid; }
  .wide svg { max-width: 100%; } tr { break-inside: avoid; } table { font-size: .78em; }
  pre { white-space: pre-wrap; } body { color: #222; background: #fff; } }
)";

// Pictures have the colours of print; on a dark screen each is exchanged for one of the same meaning.
constexpr const char* kDark = R"(
  :root { --ink: #e4e6e8; --soft: #a3abb2; --rule: #3a4147; --paper: #15181b; --card: #1e2327; --mark: #5aaee6; }
  svg [fill="#222"] { fill: #e4e6e8; } svg [stroke="#222"] { stroke: #c9cdd1; }
  svg [fill="#666666"] { fill: #a3abb2; } svg [stroke="#666666"] { stroke: #8b949c; }
  svg [fill="#dddddd"] { fill: #59626a; } svg [stroke="#dddddd"] { stroke: #30363b; } svg [stroke="#999999"] { stroke: #6d767e; }
  svg [fill="#999999"] { fill: #8b949c; } svg [stroke="#bbbbbb"] { stroke: #59626a; } svg [fill="#bbbbbb"] { fill: #59626a; }
  svg g.gone rect, svg [fill="#f2f2f2"] { fill: #23292d; } svg [fill="#111111"] { fill: #111111; }
  svg g.block [fill="#f2f2f2"] { fill: #c9cdd1; }
  svg circle[fill="#ffffff"] { fill: #15181b; }
)";

// "@media ... svg [fill="#0072b2"] { fill: #5aaee6 }" and so on.
std::string Exchange(const std::string& scope, const std::string& from, const std::string& to) {
  return "  " + scope + " [fill=\"" + from + "\"] { fill: " + to + "; } " + scope + " [stroke=\"" + from +
         "\"] { stroke: " + to + "; }\n";
}

std::string DarkShades(bool values) {
  std::string rules;
  for (int shade = 0; shade <= kCellShades; ++shade) {
    const double share = static_cast<double>(shade) / kCellShades;
    const std::string to = HexColour(values ? DivergingOnDark(2 * share - 1) : SequentialOnDark(share));
    rules += "  ." + std::string(values ? "values" : "shares") + " [fill=\"" + CellColour(shade, values) +
             "\"] { fill: " + to + "; }\n";
  }
  return rules;
}

}  // namespace

std::string ReportStyle() {
  std::string style = std::string(kLayout) + "@media screen and (prefers-color-scheme: dark) {" + kDark;
  for (size_t c = 0; c < kCategories.size(); ++c) style += Exchange("svg", kCategories.at(c), kCategoriesOnDark[c]);
  return style + DarkShades(false) + DarkShades(true) + "}\n";
}

std::string ReportScript() {
  return R"(<script>
for (const box of document.querySelectorAll('.slider')) {
  const data = JSON.parse(box.querySelector('script').textContent);
  const cells = [...box.querySelectorAll('g.cell')], input = box.querySelector('input');
  const label = box.querySelector('output'), steps = data.shades.length - 1;
  const draw = () => {
    const frame = data.frames[input.value];
    label.textContent = frame.label;
    cells.forEach((cell, i) => {
      const value = frame.cells[i], rect = cell.querySelector('rect'), gone = value === null;
      cell.classList.toggle('gone', gone);
      const share = data.values ? (value / 1000 + 1) / 2 : value / 1000;
      rect.setAttribute('fill', gone ? '#f2f2f2' : data.shades[Math.round(share * steps)]);
      const title = cell.querySelector('title'), name = title.textContent.split(': ')[0];
      title.textContent = name + ': ' + (gone ? 'dropped' : (value / 1000 * data.most).toFixed(data.values ? 4 : 3));
    });
  };
  input.max = data.frames.length - 1;
  input.value = input.max;
  input.addEventListener('input', draw);
  box.querySelector('.controls').hidden = data.frames.length < 2;
}
</script>
)";
}

}  // namespace danas
