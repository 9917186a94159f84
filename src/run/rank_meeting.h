// How the ranks of a run find each other at the start: the address of rank 0, its store, and who has come to it. Each
// wait says whom it waits for, lasts for ranks.timeout at the most, and ends with a signal.
#pragma once

#include <chrono>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "danas/core/rank_place.h"

namespace danas {

// What a rank waits for, in words for people.
struct MeetingStep {
  std::string whom;    // after "waiting for"
  std::string failed;  // the same as a sentence, before "within 600 s"
  std::string advice;  // sentences, with their full stops but for the last
};

inline constexpr const char* kConnectionAdvice =
    "The ranks need ports of their own besides MASTER_PORT: does a firewall block them? Is the network interface right "
    "(GLOO_SOCKET_IFNAME)?";

// The time that the whole meeting may take.
class MeetingClock {
 public:
  explicit MeetingClock(double timeout) : timeout_(timeout) {}

  // Called again and again while this rank waits. Says what for, after two seconds and then once a minute. Throws
  // Interrupted after a signal, PeerError when the time is over.
  void Look(const MeetingStep& step);

  double timeout() const { return timeout_; }

 private:
  using Clock = std::chrono::steady_clock;
  double timeout_;  // seconds
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_word_ = start_ + std::chrono::seconds(2);
};

// "rank 1", "ranks 1, 3 and 5", "ranks 1, 2, 3, 4, 5, 6, 7, 8 and 56 more".
std::string RanksText(const std::vector<int>& ranks);

// The store that rank 0 (or the launcher) serves at the place's address. Throws PeerError where it is not reached in
// time, or cannot be served; Interrupted after a signal.
c10::intrusive_ptr<c10d::Store> ReachStore(const RankPlace& place, MeetingClock& clock);

}  // namespace danas
