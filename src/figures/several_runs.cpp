// Several searches beside each other.
#include <algorithm>
#include <cmath>

#include "danas/config/config_changes.h"
#include "danas/core/units.h"
#include "danas/figures/svg.h"
#include "danas/report/run_findings.h"
#include "html.h"
#include "run_sections.h"

namespace danas {
namespace {

struct Found {
  const ReportedRun* run = nullptr;
  const BudgetRecord* budget = nullptr;
};

std::vector<Found> NetworksOf(const std::vector<const ReportedRun*>& searches) {
  std::vector<Found> networks;
  for (const ReportedRun* run : searches) {
    for (const BudgetRecord& budget : run->record.search->budgets) networks.push_back({run, &budget});
  }
  return networks;
}

std::string ShareText(int64_t part, int64_t of) {
  if (of == 0) return "–";
  return FormatPercent(static_cast<double>(part) / static_cast<double>(of)) + " (" + std::to_string(part) + " of " +
         std::to_string(of) + ")";
}

std::string OverviewTable(const std::vector<Found>& networks) {
  HtmlTable table({{"run", false},
                   {"state", false},
                   {"space", false},
                   {"seed", true},
                   {"budget", true},
                   {"cost found", true},
                   {"parameters", true},
                   {"cuts (toss-ups)", true},
                   {"entropy at the end", true},
                   {"time", true}});
  for (const auto& [run, budget] : networks) {
    const SearchRecord& search = *run->record.search;
    const std::string& unit = search.start.unit;
    int64_t cuts = 0, unclear = 0;
    for (const events::Pruning& pruning : budget->prunings) {
      cuts += std::ssize(pruning.layers);
      unclear += pruning.unclear_cuts.value_or(0);
    }
    const double entropy =
        budget->alpha_e.empty() || !budget->alpha_e.back() ? events::kNotKnown : budget->alpha_e.back()->alpha_entropy;
    const bool ended = search.end.has_value();
    table.AddRow({NameOfFound(*run, *budget), run->state, search.start.space, std::to_string(search.start.seed),
                  budget->target ? FormatCost(*budget->target, unit) : "–",
                  budget->found ? FormatCost(budget->found->cost, unit) : "–",
                  budget->found ? FormatCount(static_cast<double>(budget->found->parameters)) : "–",
                  std::to_string(cuts) + " (" + std::to_string(unclear) + ")",
                  std::isfinite(entropy) ? FormatDecimals(entropy, 3) : "–",
                  ended ? FormatDuration(search.end->timing.seconds) : "–"});
  }
  return table.Text();
}

std::string DifferingKeys(const std::vector<const ReportedRun*>& searches) {
  const Json& first = searches.front()->record.config;
  std::vector<std::string> keys;
  for (const ReportedRun* run : searches) {
    for (const ConfigChange& change : ChangesBetween(first, run->record.config)) {
      if (!std::ranges::count(keys, change.key)) keys.push_back(change.key);
    }
  }
  if (keys.empty()) return Paragraph("The configs are the same.");
  std::vector<HtmlTable::Column> columns = {{"config key", false}};
  for (const ReportedRun* run : searches) columns.push_back({run->name, false});
  HtmlTable table(columns);
  for (const std::string& key : keys) {
    std::vector<std::string> cells = {key};
    std::string path = "/" + key;
    std::ranges::replace(path, '.', '/');
    const Json::json_pointer pointer(path);
    for (const ReportedRun* run : searches) {
      const Json& config = run->record.config;
      cells.push_back(config.contains(pointer) ? JsonText(config.at(pointer)) : "–");
    }
    table.AddRow(cells);
  }
  return Paragraph("Config keys that differ:") + table.Text();
}

std::string LayersTable(const std::vector<Found>& networks) {
  std::vector<std::vector<std::string>> names;
  std::vector<HtmlTable::Column> columns = {{"layer", true}};
  for (const auto& [run, budget] : networks) {
    if (!budget->network) continue;
    names.push_back(CandidateNames(*budget->network));
    columns.push_back({NameOfFound(*run, *budget), false});
  }
  if (names.size() < 2) return "";
  const bool aligned = std::ranges::all_of(names, [&](const auto& n) { return n.size() == names.front().size(); });
  if (!aligned) return Paragraph("The networks have different numbers of layers, so layers are not compared.");
  columns.push_back({"agree", false});
  HtmlTable table(columns);
  const std::vector<bool> agree = AgreeingLayers(names);
  for (size_t l = 0; l < agree.size(); ++l) {
    std::vector<std::string> cells = {std::to_string(l)};
    for (const auto& network : names) cells.push_back(network[l]);
    cells.push_back(agree[l] ? "yes" : "");
    table.AddRow(cells, agree[l]);
  }
  return Paragraph("All agree in " + ShareText(std::ranges::count(agree, true), std::ssize(agree)) + " layers:") +
         table.Text();
}

}  // namespace

std::string SeveralRunsSection(const std::vector<const ReportedRun*>& searches, FigureShelf& shelf) {
  const std::vector<Found> networks = NetworksOf(searches);
  std::string html = OverviewTable(networks);
  if (searches.size() > 1) {
    html += DifferingKeys(searches);
    std::vector<std::pair<std::string, const SearchRecord*>> records;
    for (const ReportedRun* run : searches) records.emplace_back(run->name, &*run->record.search);
    html += shelf.ShowPairs(OverlaidFigures(records));
  }
  return html + LayersTable(networks);
}

std::string BlocksSection(const std::vector<const ReportedRun*>& searches) {
  HtmlTable table({{"network", false},
                   {"budget", true},
                   {"inverted residuals", true},
                   {"squeeze and excite where channels grow or resolution drops", true},
                   {"elsewhere", true}});
  BlockShares all;
  size_t networks = 0;
  std::vector<Found> found = NetworksOf(searches);
  std::ranges::stable_sort(found, {}, [](const Found& one) { return one.budget->target.value_or(0); });
  for (const auto& [run, budget] : found) {
    if (!budget->network) continue;
    const BlockShares shares = SharesOf(*budget->network);
    ++networks;
    all.layers += shares.layers, all.inverted_residuals += shares.inverted_residuals;
    all.changing += shares.changing, all.squeeze_changing += shares.squeeze_changing;
    all.staying += shares.staying, all.squeeze_staying += shares.squeeze_staying;
    table.AddRow(
        {NameOfFound(*run, *budget), budget->target ? FormatCost(*budget->target, run->record.search->start.unit) : "–",
         ShareText(shares.inverted_residuals, shares.layers), ShareText(shares.squeeze_changing, shares.changing),
         ShareText(shares.squeeze_staying, shares.staying)});
  }
  if (networks == 0) return "";
  if (networks > 1) {
    table.AddRow({"all", "", ShareText(all.inverted_residuals, all.layers),
                  ShareText(all.squeeze_changing, all.changing), ShareText(all.squeeze_staying, all.staying)},
                 true);
  }
  return Paragraph(
             "The paper (section 5.5): looser budgets buy more inverted residuals, and those with squeeze and "
             "excite sit where channels grow or resolution drops. Here, of the layers of each network, by "
             "rising budget:") +
         table.Text();
}

}  // namespace danas
