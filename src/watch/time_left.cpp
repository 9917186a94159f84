#include "danas/watch/time_left.h"

#include <algorithm>
#include <cmath>

namespace danas {
namespace {

double Seconds(TimeLeft::Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

void TimeLeft::Update(double share_done, Clock::time_point now) {
  const double before = share_;
  share_ = std::clamp(share_done, share_, 1.0);
  if (!start_) {
    start_ = last_ = now;
    share_at_start_ = share_;
    return;
  }
  const double since_last = Seconds(now - *last_), since_start = Seconds(now - *start_);
  const double kept = since_start > 0 ? std::exp(-4 * since_last / since_start) : 1;
  seconds_of_late_ = kept * seconds_of_late_ + since_last;
  share_of_late_ = kept * share_of_late_ + share_ - before;
  last_ = now;
}

std::optional<double> TimeLeft::seconds() const {
  if (!start_ || Seconds(*last_ - *start_) < 2 || share_ - share_at_start_ < 1e-4) return std::nullopt;
  return seconds_of_late_ / share_of_late_ * (1 - share_);
}

}  // namespace danas
