// The thread by which a rank gives signs of life, and what it learns of the others' while its own rank waits for them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

namespace danas {

// Shared with threads that may be left behind, in a store that does not answer.
class RankPulse : public std::enable_shared_from_this<RankPulse> {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds kUntilGone{4};  // without a sign, once something is known to be wrong

  RankPulse(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count);

  // Until Stop(): a sign a second. Ends this process where it does not end by itself: after another rank has failed,
  // and after a signal while it waits for a rank that will not come.
  void Beat();
  void Stop();

  void BeginWait();
  void EndWait();

  // Whom this rank has waited for since more than ten seconds; the same text once a wait. Empty where nobody is known.
  std::optional<std::string> TakeWord();

  // After a signal, whom this rank waits for in vain, with the reason.
  std::optional<std::string> Hopeless() const;

  // These talk to the store, and so may not return.
  void Introduce() const;
  std::string Who(int rank) const;
  void ThrowIfOneFailed() const;
  std::vector<int64_t> SignsSoFar() const;

  const c10::intrusive_ptr<c10d::Store>& store() const { return store_; }
  int rank() const { return rank_; }
  int count() const { return count_; }

  static std::string Key(const char* kind, int rank) { return std::string(kind) + "/" + std::to_string(rank); }

 private:
  struct Other {
    int64_t signs = -1;
    Clock::time_point changed;
    int64_t place = 0;
    std::string who;
  };

  bool Stopping() const;
  void Exchange(bool examine);
  void Examine();
  void EndWhereHopeless();
  double SecondsWaited() const;
  template <typename Predicate>
  std::string OthersWhere(const Predicate& is_meant) const;

  const c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::Store> own_;  // a connection for Beat() alone
  const int rank_;
  const int count_;

  std::atomic<int64_t> place_ = 0;       // how many waits have begun: the same on ranks that are at the same place
  std::atomic<int64_t> wait_began_ = 0;  // ticks of Clock; 0: no wait
  std::atomic<bool> failed_ = false;     // another rank did
  std::atomic<bool> unanswered_ = false;

  mutable std::mutex mutex_;  // guards what is below
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<Other> others_;  // as last examined
  int64_t examined_ = 0;       // the wait, by wait_began_
  int64_t told_ = 0;           // the same
  std::optional<Clock::time_point> signalled_;
  std::optional<Clock::time_point> hopeless_;
};

}  // namespace danas
