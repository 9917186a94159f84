#include "danas/report/run_findings.h"

#include <algorithm>
#include <cmath>

#include "danas/arch/block_graph.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr double kNormal95 = 1.959963984540054;
constexpr double kCertain = 2;  // standard errors

std::string CutsText(const BudgetRecord& budget) {
  int64_t cuts = 0, clear = 0, unclear = 0;
  bool noise = false;
  for (const events::Pruning& pruning : budget.prunings) {
    bool judged = false;
    for (const events::LayerCut& cut : pruning.layers) {
      ++cuts;
      if (!cut.z.value) continue;  // no network within the budget has what was dropped
      judged = true;
      ++(*cut.z.value >= kCertain ? clear : unclear);
    }
    noise = noise || (judged && !pruning.above_noise.value_or(true));
  }
  if (cuts == 0) return "Nothing was pruned yet.";
  std::string text = std::to_string(clear) + " of " + std::to_string(cuts) +
                     " cuts are clear by two standard errors or more, " + std::to_string(unclear) + " are toss-ups";
  if (const int64_t beyond = cuts - clear - unclear; beyond > 0) {
    text += ", and " + std::to_string(beyond) + " dropped what no network within the budget has";
  }
  text += ".";
  if (noise) text += " In at least one pruning noise alone would have made as many cuts look clear.";
  return text;
}

std::string LeadText(const events::FinalScores& scores, const events::TaskWords& words) {
  const bool fitted = scores.z.has_value();
  std::optional<double> errors = scores.z;
  if (!fitted && scores.standard_error > 0) errors = scores.margin / scores.standard_error;
  if (!errors || !std::isfinite(*errors)) return "";
  std::string text = " Of " + std::to_string(scores.scored) + " networks scored the one found leads the next by ";
  if (!fitted) {
    text += FormatDecimals(words.loss_factor * scores.margin, 4) + " ± " +
            FormatDecimals(words.loss_factor * scores.standard_error, 4) + " " + words.loss_unit + " (";
  }
  text += FormatDecimals(*errors, 1) + " standard errors";
  if (!fitted) text += ")";
  return text + (std::abs(*errors) >= kCertain ? ": a clear first." : ": the next ones may be as good.");
}

// Without scores: how far α has decided.
std::string AlphaText(const BudgetRecord& budget) {
  for (auto alpha = budget.alpha_e.rbegin(); alpha != budget.alpha_e.rend(); ++alpha) {
    if (!*alpha || !std::isfinite((*alpha)->alpha_entropy)) continue;
    const double entropy = (*alpha)->alpha_entropy;
    return " The entropy of softmax(α) is " + FormatDecimals(entropy, 2) + " of its largest value" +
           (entropy > 0.9   ? ": α has hardly decided."
            : entropy < 0.3 ? ": α has decided."
                            : ".");
  }
  return "";
}

}  // namespace

Estimate ShareInterval(double share, int64_t count) {
  if (!std::isfinite(share)) return {.value = NAN, .low = NAN, .high = NAN};
  if (count <= 0) return {.value = share, .low = NAN, .high = NAN};
  const auto n = static_cast<double>(count);
  const double z2 = kNormal95 * kNormal95;
  const double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kNormal95 / (1 + z2 / n) * std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  return {.value = share, .low = middle - half, .high = middle + half};
}

std::string SurenessText(const BudgetRecord& budget, const events::TaskWords& words) {
  return CutsText(budget) + (budget.scores ? LeadText(*budget.scores, words) : AlphaText(budget));
}

bool SqueezesAndExcites(const BlockSpec& block, const LayerShape& shape) {
  return std::ranges::any_of(GraphOf(block, shape).steps, [](const Step& step) {
    return std::holds_alternative<GlobalAverageStep>(step.operation);
  });
}

BlockShares SharesOf(const SearchSpace& network) {
  BlockShares shares;
  for (const LayerSpec& layer : network.layers()) {
    if (layer.shape.upsample > 1) continue;  // not of the backbone
    const BlockSpec& block = layer.candidates.front();
    const int64_t squeezes = SqueezesAndExcites(block, layer.shape) ? 1 : 0;
    ++shares.layers;
    shares.inverted_residuals += block.kind == BlockKind::kInvertedResidual ? 1 : 0;
    if (layer.shape.stride > 1 || layer.shape.out > layer.shape.in) {
      ++shares.changing;
      shares.squeeze_changing += squeezes;
    } else {
      ++shares.staying;
      shares.squeeze_staying += squeezes;
    }
  }
  return shares;
}

std::vector<bool> AgreeingLayers(const std::vector<std::vector<std::string>>& networks) {
  std::vector<bool> agree(networks.empty() ? 0 : networks.front().size());
  for (size_t l = 0; l < agree.size(); ++l) {
    agree[l] = std::ranges::all_of(
        networks, [&](const auto& network) { return l < network.size() && network[l] == networks.front()[l]; });
  }
  return agree;
}

}  // namespace danas
