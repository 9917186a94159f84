#include "danas/figures/easiness_text.h"

#include <algorithm>

#include "danas/core/units.h"
#include "danas/report/estimate_text.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

std::string TextOf(const Estimate& estimate) { return EstimateText(estimate, {.not_defined = "–"}); }

}  // namespace

std::string EasinessPlanText(const std::string& dataset, int64_t classes, const std::vector<JudgeRow>& rows) {
  TextTable table(
      {{"network"}, {"MACs", Align::kRight}, {"params", Align::kRight}, {"expected", Align::kRight}, {"what"}});
  double total = 0;
  bool timed = true;
  for (const JudgeRow& row : rows) {
    table.AddRow({row.name, FormatCount(row.macs), FormatCount(row.parameters),
                  row.seconds ? FormatDuration(*row.seconds) : "–", row.what});
    timed = timed && row.seconds;
    total += row.seconds.value_or(0);
  }
  std::string text =
      "ranking the " + FormatThousands(classes) + " classes of " + dataset + "\n\n" + table.Text() + "\n";
  text += timed ? "about " + FormatDuration(total) +
                      " in total, from a few steps timed here; decoding large images adds to it"
                : std::string("not timed (--no-probe)");
  return text + "\n";
}

std::string EasinessText(const EasinessStudy& study, size_t each) {
  const std::vector<int>& order = study.easiness.order;
  const std::vector<double> error_c = MeanErrors(study);
  TextTable table({{"rank", Align::kRight},
                   {"class"},
                   {"score", Align::kRight},
                   {"error", Align::kRight},
                   {"images", Align::kRight}});
  for (size_t r = 0; r < order.size(); ++r) {
    if (r == each && order.size() > 2 * each) {
      table.AddRow({"…", "", "", "", ""});
      r = order.size() - each;
    }
    const auto c = static_cast<size_t>(order[r]);
    table.AddRow({std::to_string(r + 1), CutToWidth(study.class_labels[c], 36),
                  FormatDecimals(study.easiness.score_c[c], 4), FormatPercent(error_c[c]),
                  FormatThousands(study.judgements.front().images_c[c])});
  }
  return table.Text();
}

std::string AgreementText(const Agreement& agreement) {
  std::string text;
  if (!agreement.pairs.empty()) {
    TextTable ranks({{"networks"}, {"Spearman's ρ"}, {"Kendall's τ"}});
    TextTable overlaps({{"the same easiest classes"}, {"10 %"}, {"30 %"}, {"60 %"}});
    for (const PairAgreement& pair : agreement.pairs) {
      const std::string names = agreement.networks[pair.first] + ", " + agreement.networks[pair.second];
      ranks.AddRow({names, TextOf(pair.spearman), TextOf(pair.kendall)});
      std::vector<std::string> row = {names};
      for (const Estimate& overlap : pair.overlap) row.push_back(FormatDecimals(overlap.value, 2));
      overlaps.AddRow(row);
    }
    overlaps.AddRow({"(by chance)", "0.10", "0.30", "0.60"});
    text += ranks.Text() + "\n" + overlaps.Text() + "\nKendall's W of all " +
            std::to_string(agreement.networks.size()) + ": " + TextOf(agreement.concordance) + ", by chance " +
            FormatDecimals(1 / static_cast<double>(agreement.networks.size()), 2) + "\n";
  }
  text += "ρ of score and 1 − confusion diagonal:";
  for (size_t n = 0; n < agreement.networks.size(); ++n) {
    text += (n == 0 ? " " : ", ") + agreement.networks[n] + " " + TextOf(agreement.score_error[n]);
  }
  return text + "\n[low, high]: 95 % bootstrap intervals over " + FormatThousands(agreement.classes) +
         " classes\n";
}

}  // namespace danas
