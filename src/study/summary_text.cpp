#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/report/text_table.h"
#include "danas/study/summary.h"

namespace danas {
namespace {

constexpr const char* kNone = "–";

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

std::string AsText(const Table& table) {
  TextTable text(table.columns);
  for (const auto& row : table.rows) text.AddRow(row);
  return text.Text();
}

std::string AsMarkdown(const Table& table) {
  std::string titles = "|", rule = "|", rows;
  for (const Column& column : table.columns) {
    titles += " " + column.title + " |";
    rule += column.align == Align::kRight ? "---:|" : "---|";
  }
  for (const auto& row : table.rows) {
    rows += "|";
    for (const std::string& cell : row) rows += " " + cell + " |";
    rows += "\n";
  }
  return titles + "\n" + rule + "\n" + rows;
}

std::string Signed(double value, int decimals) {
  return (std::signbit(value) ? "−" : "+") + FormatDecimals(std::abs(value), decimals);
}

// "84.37 ± 0.85"
std::string WithInterval(const MeanInterval& value, int decimals) {
  if (!std::isfinite(value.mean)) return kNone;
  const std::string mean = FormatDecimals(value.mean, decimals);
  return value.half ? mean + " ± " + FormatDecimals(*value.half, decimals) : mean;
}

// "[−2.97, +2.74]"
std::string Interval(const MeanInterval& value, int decimals) {
  if (!value.half || !std::isfinite(value.mean)) return kNone;
  return "[" + Signed(value.mean - *value.half, decimals) + ", " + Signed(value.mean + *value.half, decimals) + "]";
}

std::string SignedMean(const MeanInterval& value, int decimals) {
  return std::isfinite(value.mean) ? Signed(value.mean, decimals) : kNone;
}

std::string Probability(const std::optional<double>& p) {
  if (!p) return kNone;
  return *p < 0.001 ? "< 0.001" : FormatDecimals(*p, 3);
}

std::string Ratio(const std::optional<double>& ratio) {
  return ratio && std::isfinite(*ratio) ? FormatDecimals(*ratio, 2) : kNone;
}

std::string CountText(const MeanInterval& value) { return std::isfinite(value.mean) ? FormatCount(value.mean) : kNone; }

Table ArmTable(const BudgetSummary& budget, bool with_truth) {
  Table table{{{"arm"}, {"seeds", Align::kRight}, {"test top-1, %", Align::kRight}}, {}};
  if (with_truth) {
    for (const char* title : {"better in budget, %", "better in band, %", "behind the best, points"}) {
      table.columns.push_back({title, Align::kRight});
    }
  }
  table.columns.push_back({"cost of the network", Align::kRight});
  for (const ArmSummary& arm : budget.arms) {
    std::vector<std::string> row = {arm.arm, std::to_string(arm.accuracy.count) + " of " + std::to_string(arm.wanted),
                                    WithInterval(arm.accuracy, 2)};
    if (with_truth) {
      row.push_back(WithInterval(arm.budget_share, 1));
      row.push_back(WithInterval(arm.band_share, 1));
      row.push_back(WithInterval(arm.regret, 2));
    }
    row.push_back(CountText(arm.cost));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table DifferenceTable(const BudgetSummary& budget, const StudySummary& summary) {
  Table table{{{"arm − " + summary.against},
               {"pairs", Align::kRight},
               {"points", Align::kRight},
               {"95 % interval", Align::kRight},
               {"p", Align::kRight},
               {"p (Holm)", Align::kRight},
               {"detectable, points", Align::kRight}},
              {}};
  for (const ArmSummary& arm : budget.arms) {
    if (!arm.against) continue;
    const MeanInterval& difference = arm.against->difference;
    table.rows.push_back({arm.arm, std::to_string(difference.count), SignedMean(difference, 2), Interval(difference, 2),
                          Probability(arm.against->p), Probability(arm.against->p_holm),
                          arm.against->detectable ? FormatDecimals(*arm.against->detectable, 2) : kNone});
  }
  return table;
}

Table WorkTable(const BudgetSummary& budget, const StudySummary& summary) {
  Table table{{{"arm"},
               {"MACs spent", Align::kRight},
               {"of " + summary.against + "'s", Align::kRight},
               {"hours", Align::kRight},
               {"of " + summary.against + "'s", Align::kRight}},
              {}};
  if (!summary.random.empty()) {
    table.columns.push_back({"relative improvement over " + summary.random + ", %", Align::kRight});
  }
  for (const ArmSummary& arm : budget.arms) {
    std::vector<std::string> row = {arm.arm, CountText(arm.macs), Ratio(arm.macs_ratio), WithInterval(arm.hours, 3),
                                    Ratio(arm.hours_ratio)};
    if (!summary.random.empty()) {
      row.push_back(arm.improvement ? SignedMean(*arm.improvement, 2) + " " + Interval(*arm.improvement, 2) : kNone);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string Title(const BudgetSummary& budget, const Study& study) {
  if (!budget.budget.empty()) return "budget " + budget.budget;
  return study.budgets.empty() ? "" : "mean over the budgets";
}

std::vector<std::string> Notes(const StudySummary& summary, const Study& study) {
  std::vector<std::string> notes = summary.notes;
  const bool draws = std::ranges::any_of(study.arms, [](const StudyArm& arm) { return arm.random > 1; });
  if (draws) {
    notes.push_back(
        summary.with_truth
            ? "an arm that draws several random networks counts the best of them by the table, which favours it"
            : "an arm that draws several random networks counts the best of them by its test, which favours it");
  }
  if (summary.planned) {
    notes.emplace_back(
        "where a search's log does not have its MACs, those planned for weight and architecture steps are shown: "
        "scoring and finalists are missing");
  }
  return notes;
}

template <typename Render, typename Heading>
std::string Compose(const StudySummary& summary, const Study& study, const Render& render, const Heading& heading) {
  std::string text;
  for (const BudgetSummary& budget : summary.budgets) {
    if (const std::string title = Title(budget, study); !title.empty()) text += heading(title);
    text += render(ArmTable(budget, summary.with_truth)) + "\n";
    const Table differences = DifferenceTable(budget, summary);
    if (!differences.rows.empty()) text += render(differences) + "\n";
    text += render(WorkTable(budget, summary)) + "\n";
  }
  return text;
}

}  // namespace

std::string SummaryText(const StudySummary& summary, const Study& study) {
  std::string text = study.name + (study.about.empty() ? "" : ": " + study.about) + "\n\n";
  text += Compose(summary, study, AsText, [](const std::string& title) { return title + "\n\n"; });
  for (const std::string& note : Notes(summary, study)) text += "note: " + note + "\n";
  return text;
}

std::string SummaryMarkdown(const StudySummary& summary, const Study& study) {
  std::string text = "## " + study.name + "\n\n" + (study.about.empty() ? "" : study.about + "\n\n");
  text += Compose(summary, study, AsMarkdown, [](const std::string& title) { return "### " + title + "\n\n"; });
  for (const std::string& note : Notes(summary, study)) text += "- " + note + "\n";
  return text;
}

}  // namespace danas
