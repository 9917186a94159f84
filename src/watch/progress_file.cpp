#include "danas/watch/progress_file.h"

#include <ctime>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/utc_time.h"

namespace danas {

bool ProgressFile::Due() { return Clock::now() >= due_; }

void ProgressFile::Show(const Progress& progress) {
  using std::chrono::seconds;
  time_left_.Update(progress.run_share_done);
  // The second one soon: who has just started a run wants to see it move.
  due_ = Clock::now() + (begun_ ? seconds(10) : seconds(2));
  begun_ = true;
  const events::ProgressNow now{.time = FormatUtc(std::time(nullptr)),
                                .pass = {.label = progress.label,
                                         .done = progress.done,
                                         .total = progress.total,
                                         .loss = progress.loss,
                                         .accuracy = progress.accuracy,
                                         .images_per_second = progress.images_per_second},
                                .share_done = time_left_.share_done(),
                                .seconds_left = time_left_.seconds()};
  try {
    WriteFileAtomically(path_, JsonText(events::ToJson(now)) + "\n");
  } catch (const FileError& error) {
    if (!warned_) log::warn("danas status cannot show the progress of this run: {}", error.what());
    warned_ = true;
  }
}

void ProgressFile::Remove() {
  std::error_code ignored;  // a file left behind is old news, and says so
  std::filesystem::remove(path_, ignored);
}

}  // namespace danas
