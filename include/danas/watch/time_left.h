// How long a run still takes, from how fast this process goes through the run's work.
#pragma once

#include <chrono>
#include <optional>

namespace danas {

class TimeLeft {
 public:
  using Clock = std::chrono::steady_clock;

  // At every progress, with the share of the whole run's work that is done. The first call is the start: a run that
  // goes on from a checkpoint begins in the middle. A pass that does not report it (share 0) leaves the share where it
  // was.
  void Update(double share_done, Clock::time_point now = Clock::now());

  double share_done() const { return share_; }

  // None for the first two seconds, and until a ten-thousandth of the work was done here. The speed is that of late:
  // what is t seconds old counts exp(−4 t / seconds since the start), since phases and passes differ in speed.
  std::optional<double> seconds() const;

 private:
  std::optional<Clock::time_point> start_, last_;
  double share_at_start_ = 0;
  double share_ = 0;
  double seconds_of_late_ = 0;
  double share_of_late_ = 0;
};

}  // namespace danas
