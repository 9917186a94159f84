#include "image_progress.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "danas/core/log.h"
#include "danas/core/seconds_since.h"
#include "danas/core/units.h"

namespace danas {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kBetweenMessages = std::chrono::seconds(10);

}  // namespace

std::function<void(int64_t done)> ImageProgress(std::string what, int64_t images) {
  struct Start {
    Clock::time_point time;
    int64_t done;
  };
  return
      [what = std::move(what), images, start = std::optional<Start>(), reported = Clock::now()](int64_t done) mutable {
        const auto now = Clock::now();
        if (!start) start = {now, done};
        if (now - reported < kBetweenMessages) return;
        reported = now;
        const double seconds = SecondsBetween(start->time, now);
        const double speed = seconds > 0 ? static_cast<double>(done - start->done) / seconds : 0;
        log::info("{}: {} of {} images, {} images/s", what, FormatThousands(done), FormatThousands(images),
                  FormatThousands(static_cast<int64_t>(speed)));
      };
}

int64_t ThreadsFor(int64_t asked) {
  return asked > 0 ? asked : std::max<int64_t>(1, std::thread::hardware_concurrency());
}

}  // namespace danas
