// What each candidate was worth at each moment of a search.
#include <algorithm>
#include <cmath>

#include "candidate_words.h"
#include "danas/core/softmax.h"
#include "danas/core/units.h"
#include "danas/figures/colour.h"
#include "danas/figures/plot.h"
#include "danas/figures/run_figures.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

constexpr double kRow = 24;

// The candidates of all layers, each once, as columns.
std::vector<std::string> ColumnsOf(const SearchRecord& search) {
  std::vector<std::string> columns;
  for (const auto& candidates : search.candidate_l) {
    for (const std::string& name : candidates) {
      if (!std::ranges::count(columns, name)) columns.push_back(name);
    }
  }
  return columns;
}

std::vector<std::map<std::string, double>> ProbabilitiesOfLayers(const events::Alpha& alpha) {
  std::vector<std::map<std::string, double>> layers;
  for (const events::LayerAlpha& layer : alpha.layers) {
    auto& of_layer = layers.emplace_back();
    if (!IsUsable(layer)) continue;
    const std::vector<double> probability = Softmax(layer.alpha);
    for (size_t c = 0; c < probability.size(); ++c) of_layer[layer.candidates[c]] = probability[c];
  }
  return layers;
}

CandidateFrames AlphaFrames(const SearchRecord& search, const BudgetRecord& budget) {
  CandidateFrames frames;
  std::vector<size_t> epochs;
  for (size_t e = 0; e < budget.layers_e.size(); ++e) {
    if (budget.layers_e[e]) epochs.push_back(e);
  }
  const size_t count = std::min(kMostFrames, epochs.size());
  for (size_t i = 0; i < count; ++i) {
    const size_t e = epochs[count == 1 ? epochs.size() - 1 : i * (epochs.size() - 1) / (count - 1)];
    frames.frames.push_back({.label = search.epochs[e].phase + ", epoch " + std::to_string(search.epochs[e].epoch),
                             .l = ProbabilitiesOfLayers(*budget.layers_e[e])});
  }
  return frames;
}

// Of prunings by a score other than α. A pruning's values are in the order of the candidates that it had.
CandidateFrames ValueFrames(const SearchRecord& search, const BudgetRecord& budget) {
  CandidateFrames frames{.values = true, .most = 0, .frames = {}};
  std::vector<std::vector<std::string>> left_l = search.candidate_l;
  for (const events::Pruning& pruning : budget.prunings) {
    if (pruning.values && pruning.values->size() == left_l.size()) {
      CandidateFrame& frame = frames.frames.emplace_back();
      frame.label = "the pruning of " + pruning.phase;
      for (size_t l = 0; l < left_l.size(); ++l) {
        auto& of_layer = frame.l.emplace_back();
        const std::vector<double>& values = (*pruning.values)[l];
        for (size_t c = 0; c < std::min(values.size(), left_l[l].size()); ++c) {
          if (!std::isfinite(values[c])) continue;
          of_layer[left_l[l][c]] = values[c];
          frames.most = std::max(frames.most, std::abs(values[c]));
        }
      }
    }
    for (const events::LayerCut& cut : pruning.layers) {
      if (cut.layer < 0 || cut.layer >= std::ssize(left_l)) continue;
      std::erase_if(left_l[static_cast<size_t>(cut.layer)],
                    [&](const std::string& name) { return std::ranges::count(cut.dropped, name) > 0; });
    }
  }
  if (frames.most == 0) frames.most = 1;
  return frames;
}

int ShadeOf(double value, const CandidateFrames& frames) {
  const double share = std::clamp(value / frames.most, -1.0, 1.0);
  return static_cast<int>(std::lround(kCellShades * (frames.values ? (share + 1) / 2 : share)));
}

class CellsDrawing {
 public:
  CellsDrawing(const SearchRecord& search, const BudgetRecord& budget, const CandidateFrames& frames)
      : search_(search),
        budget_(budget),
        frames_(frames),
        words_(events::WordsOf(search.start.task)),
        columns_(ColumnsOf(search)) {
    size_t longest = 1;
    for (const std::string& name : columns_) longest = std::max(longest, DisplayWidth(name));
    names_ = 20 + 6.2 * static_cast<double>(longest);
    const auto count = static_cast<double>(std::max<size_t>(1, columns_.size()));
    frame_ = {.left = 60,
              .top = names_,
              .width = count * std::clamp(720 / count, 16.0, 64.0),
              .height = kRow * static_cast<double>(search.candidate_l.size())};
  }

  std::string Document(const std::string& title, const std::string& description) {
    Svg svg(frame_.right() + 110, frame_.bottom() + 20, title, description);
    const double column = frame_.width / static_cast<double>(std::max<size_t>(1, columns_.size()));
    for (size_t c = 0; c < columns_.size(); ++c) {
      svg.Text({frame_.left + column * (static_cast<double>(c) + 0.5) + 4, frame_.top - 8}, columns_[c],
               {.size = 11, .turn = -60});
    }
    svg.Text({16, frame_.top + frame_.height / 2}, "layer", {.anchor = Anchor::kMiddle, .turn = -90});
    for (size_t l = 0; l < search_.candidate_l.size(); ++l) {
      const double top = frame_.top + kRow * static_cast<double>(l);
      svg.Text({frame_.left - 8, top + kRow / 2 + 4}, std::to_string(l), {.size = 11, .anchor = Anchor::kEnd});
      for (const std::string& name : search_.candidate_l[l]) {
        const auto place = static_cast<double>(std::ranges::find(columns_, name) - columns_.begin());
        Cell(svg, {.left = frame_.left + column * place, .top = top, .width = column, .height = kRow}, l, name);
      }
    }
    DrawShades(svg);
    return svg.Document();
  }

 private:
  void Cell(Svg& svg, const Frame& frame, size_t layer, const std::string& name) {
    const auto& last = frames_.frames.back().l;
    const auto value = layer < last.size() ? last[layer].find(name) : std::map<std::string, double>::const_iterator();
    const bool is_there = layer < last.size() && value != last[layer].end();
    const std::string what = is_there ? NumberOf(value->second) : FateOf(budget_, layer, name);
    svg.BeginGroup("layer " + std::to_string(layer) + ", " + name + ": " + what, is_there ? "cell" : "cell gone");
    const std::string fill = CellColour(is_there ? ShadeOf(value->second, frames_) : 0, frames_.values);
    svg.Rectangle(frame.left + 1, frame.top + 1, frame.width - 2, frame.height - 2, is_there ? fill : "#f2f2f2");
    const double x = frame.left + frame.width / 2, y = frame.top + frame.height / 2, arm = is_there ? 0 : 3.5;
    svg.Line({x - arm, y - arm}, {x + arm, y + arm}, {.colour = "#999999", .width = 1.2});
    svg.Line({x - arm, y + arm}, {x + arm, y - arm}, {.colour = "#999999", .width = 1.2});
    svg.EndGroup();
  }

  double FactorOf() const { return frames_.values ? words_.loss_factor : 1; }
  std::string NumberOf(double value) const { return FormatDecimals(FactorOf() * value, frames_.values ? 4 : 3); }

  void DrawShades(Svg& svg) {
    const double height = std::min(frame_.height, 180.0), left = frame_.right() + 24;
    const double step = height / (kCellShades + 1);
    for (int shade = 0; shade <= kCellShades; ++shade) {
      svg.Rectangle(left, frame_.top + height - step * (shade + 1), 14, step + 0.3, CellColour(shade, frames_.values));
    }
    const double low = frames_.values ? -frames_.most : 0;
    for (const double share : {0.0, 0.5, 1.0}) {
      const double value = low + share * (frames_.most - low);
      svg.Text({left + 19, frame_.top + height * (1 - share) + 4},
               FormatDecimals(FactorOf() * value, frames_.values ? 3 : 1), {.size = 10});
    }
    svg.Text({left + 66, frame_.top + height / 2}, frames_.values ? "value, " + words_.loss_unit : "softmax(α)",
             {.size = 11, .anchor = Anchor::kMiddle, .turn = -90});
  }

  const SearchRecord& search_;
  const BudgetRecord& budget_;
  const CandidateFrames& frames_;
  events::TaskWords words_;
  std::vector<std::string> columns_;
  double names_ = 0;
  Frame frame_;
};

}  // namespace

bool IsUsable(const events::LayerAlpha& layer) {
  return !layer.alpha.empty() && layer.alpha.size() == layer.candidates.size() &&
         std::ranges::all_of(layer.alpha, [](double alpha) { return std::isfinite(alpha); });
}

std::string FateOf(const BudgetRecord& budget, size_t layer, const std::string& candidate) {
  for (const events::Pruning& pruning : budget.prunings) {
    for (const events::LayerCut& cut : pruning.layers) {
      if (cut.layer == static_cast<int64_t>(layer) && std::ranges::count(cut.dropped, candidate)) {
        return "dropped after " + pruning.phase;
      }
    }
  }
  return "not known";
}

std::string NamedAfter(const std::string& name, const BudgetRecord& budget) {
  return budget.name.empty() ? name : name + "-" + budget.name;
}

std::string CellColour(int shade, bool values) {
  const double share = static_cast<double>(shade) / kCellShades;
  return HexColour(values ? Diverging(2 * share - 1) : Sequential(share));
}

CandidateFrames FramesOf(const SearchRecord& search, const BudgetRecord& budget) {
  CandidateFrames frames = AlphaFrames(search, budget);
  if (frames.frames.empty()) frames = ValueFrames(search, budget);
  return frames;
}

Figure CandidatesFigure(const SearchRecord& search, const BudgetRecord& budget, const CandidateFrames& frames) {
  Figure figure{.name = NamedAfter("candidates", budget), .title = {}, .svg = {}, .claim = {}, .finding = {}};
  const std::string when = frames.frames.back().label;
  figure.title =
      frames.values ? "What candidates were worth at " + when : "softmax(α) of every candidate after " + when;
  figure.finding = frames.values
                       ? "Values are in " + events::WordsOf(search.start.task).loss_unit +
                             " of validation loss, of the layer's mean; higher is better. A cross: dropped. No "
                             "cell: the layer never had it."
                       : "Rows are layers, columns candidates. A cross: dropped by a pruning. No cell: the "
                         "layer never had it.";
  figure.svg = CellsDrawing(search, budget, frames).Document(figure.title, figure.finding);
  return figure;
}

Json FramesJson(const SearchRecord& search, const CandidateFrames& frames) {
  Json json = {{"most", frames.most}, {"values", frames.values}, {"shades", Json::array()}, {"frames", Json::array()}};
  for (int shade = 0; shade <= kCellShades; ++shade) json["shades"].push_back(CellColour(shade, frames.values));
  for (const CandidateFrame& frame : frames.frames) {
    Json cells = Json::array();
    for (size_t l = 0; l < search.candidate_l.size(); ++l) {
      for (const std::string& name : search.candidate_l[l]) {
        const bool known = l < frame.l.size() && frame.l[l].contains(name);
        cells.push_back(known ? Json(std::lround(1000 * frame.l[l].at(name) / frames.most)) : Json());
      }
    }
    json["frames"].push_back({{"label", frame.label}, {"cells", std::move(cells)}});
  }
  return json;
}

}  // namespace danas
