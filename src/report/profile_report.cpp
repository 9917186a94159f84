#include "danas/report/profile_report.h"

#include <algorithm>

#include "danas/core/units.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

constexpr size_t kMostRows = 30;
constexpr size_t kNameColumns = 90;

std::string Milliseconds(double seconds) { return FormatDecimals(1000 * seconds, 2); }
int64_t CountOf(const std::vector<ProfileRow>& rows) {
  int64_t count = 0;
  for (const ProfileRow& row : rows) count += row.count;
  return count;
}

double SecondsOf(const std::vector<ProfileRow>& rows) {
  double seconds = 0;
  for (const ProfileRow& row : rows) seconds += row.seconds;
  return seconds;
}

std::string RowsText(const std::string& title, const std::vector<ProfileRow>& rows) {
  TextTable table({{title}, {"count", Align::kRight}, {"ms", Align::kRight}, {"of these", Align::kRight}});
  const double all = SecondsOf(rows);
  const auto add = [&](const std::string& name, int64_t count, double seconds) {
    table.AddRow({CutToWidth(name, kNameColumns), FormatThousands(count), Milliseconds(seconds),
                  FormatPercent(all > 0 ? seconds / all : 0)});
  };
  const auto shown = static_cast<std::ptrdiff_t>(std::min(rows.size(), kMostRows));
  const std::vector<ProfileRow> rest(rows.begin() + shown, rows.end());
  std::for_each(rows.begin(), rows.begin() + shown,
                [&](const ProfileRow& row) { add(row.name, row.count, row.seconds); });
  if (!rest.empty()) add(std::to_string(rest.size()) + " others", CountOf(rest), SecondsOf(rest));
  add("all", CountOf(rows), all);
  return table.Text();
}

std::string KernelLine(const StepProfile& profile) {
  if (profile.kernels.empty()) {
    return "the profiler saw no kernel: this LibTorch has no CUPTI, or the driver does not let it trace\n";
  }
  return "a kernel or copy ran for " + Milliseconds(profile.kernel_seconds) + " ms: the GPU was idle for " +
         FormatPercent(profile.IdleShare(profile.plain_seconds)) + " of the step without the profiler, " +
         FormatPercent(profile.IdleShare(profile.wall_seconds)) + " of the profiled one\n";
}

Json RowsJson(const std::vector<ProfileRow>& rows) {
  Json json = Json::array();
  for (const ProfileRow& row : rows) {
    json.push_back({{"name", row.name}, {"count", row.count}, {"seconds", row.seconds}});
  }
  return json;
}

}  // namespace

std::string ProfileText(const StepProfile& profile) {
  std::string text = profile.step + ": " + Milliseconds(profile.plain_seconds) + " ms without the profiler, " +
                     Milliseconds(profile.wall_seconds) + " ms with it\n";
  if (profile.on_gpu) text += KernelLine(profile);
  text += "an operator ran for " + Milliseconds(profile.operator_seconds) + " ms\n\n";
  if (!profile.kernels.empty()) text += RowsText("kernel or copy", profile.kernels) + "\n";
  return text + RowsText("operator, its own time", profile.operators);
}

Json ProfileJson(const StepProfile& profile) {
  Json json = {{"step", profile.step},
               {"plain_seconds", profile.plain_seconds},
               {"wall_seconds", profile.wall_seconds},
               {"operator_seconds", profile.operator_seconds},
               {"operators", RowsJson(profile.operators)}};
  if (!profile.kernels.empty()) {
    json["kernel_seconds"] = profile.kernel_seconds;
    json["idle_share"] = profile.IdleShare(profile.wall_seconds);
    json["idle_share_plain"] = profile.IdleShare(profile.plain_seconds);
    json["gpu_kernels"] = RowsJson(profile.kernels);
  }
  return json;
}

}  // namespace danas
