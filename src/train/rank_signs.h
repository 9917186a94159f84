// Signs of life of a run's ranks, and what they tell each other when one of them fails: through the store, outside of
// any collective.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "danas/train/ranks.h"

namespace danas {

class RankSigns {
 public:
  // Begins to give signs of life, once a second, from a thread of its own.
  RankSigns(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count);
  ~RankSigns();
  RankSigns(const RankSigns&) = delete;
  RankSigns& operator=(const RankSigns&) = delete;

  // Something that the ranks do together went wrong here, by this reason. Throws PeerError that names the rank that
  // failed or gives no sign of life.
  [[noreturn]] void ThrowCause(const std::string& reason) const;

  // What rank 0 puts under `key`, sooner or later. Throws PeerError where it fails, or gives no sign of life for
  // `timeout` seconds.
  std::string WaitFor(const std::string& key, double timeout) const;

  // Leaves word that this rank ends with an error. False where another has left the same message.
  bool Fail(ExitCode code, const std::string& message) const;

  // This rank ends in order. Rank 0 waits a little for the others, which may need its store.
  void Leave();

 private:
  using Counts = std::vector<int64_t>;
  void Beat();
  void Stop();
  Counts SignsSoFar() const;
  void ThrowIfOneFailed() const;
  std::string Who(int rank) const;

  c10::intrusive_ptr<c10d::Store> store_;
  int rank_;
  int count_;
  std::mutex mutex_;  // guards what is below
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace danas
