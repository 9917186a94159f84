#include "danas/watch/progress_line.h"

#include <cmath>
#include <utility>
#include <vector>

#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

using std::chrono::milliseconds;

}  // namespace

std::string FormatProgress(const Progress& progress, std::optional<double> seconds_left, size_t columns,
                           const events::TaskWords& words) {
  const double share =
      progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 0;
  std::string done = FormatPercentDone(share);
  std::string rate = FormatThousands(std::llround(progress.images_per_second)) + " img/s";
  std::string loss = "loss " + events::LossText(words, progress.loss);
  std::string accuracy = words.accuracy + " " + FormatPercent(progress.accuracy);
  const std::string left = seconds_left ? FormatDuration(std::ceil(*seconds_left)) + " left" : "";
  const auto line = [&](const std::string& label) {
    return JoinedNotEmpty({label, done, rate, loss, accuracy, left}, "  ");
  };
  for (std::string* part : {&rate, &loss, &accuracy}) {
    if (DisplayWidth(line(progress.label)) <= columns) break;
    part->clear();
  }
  const size_t rest = DisplayWidth(line("")) + 2;
  return line(CutToWidth(progress.label, columns > rest ? columns - rest : 0));
}

ProgressLine::ProgressLine(Screen& screen, events::TaskWords words)
    : screen_(screen),
      words_(std::move(words)),
      interval_(screen.redraws() ? milliseconds(200) : milliseconds(30000)),
      due_(Clock::now()) {}

bool ProgressLine::Due() { return Clock::now() >= due_; }

void ProgressLine::Show(const Progress& progress) {
  due_ = Clock::now() + interval_;
  time_left_.Update(progress.run_share_done);
  const bool first = !begun_;
  begun_ = true;
  if (first && !screen_.redraws()) return;  // only starts the clock
  const std::string text = FormatProgress(progress, time_left_.seconds(), screen_.status_columns(), words_);
  screen_.redraws() ? screen_.Status(text) : screen_.Line(text);
}

}  // namespace danas
