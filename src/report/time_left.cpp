#include "danas/report/time_left.h"

#include <algorithm>

namespace danas {

void TimeLeft::Update(double share_done, Clock::time_point now) {
  share_ = std::clamp(share_done, share_, 1.0);
  if (!start_) {
    start_ = now;
    share_at_start_ = share_;
  }
  seconds_ = std::chrono::duration<double>(now - *start_).count();
}

std::optional<double> TimeLeft::seconds() const {
  const double done_here = share_ - share_at_start_;
  if (seconds_ < 2 || done_here < 1e-4) return std::nullopt;
  return seconds_ / done_here * (1 - share_);
}

}  // namespace danas
