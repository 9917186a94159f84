// Shows that work which claims several threads has them: tasks that wait for each other all arrive where they run at
// once, and none does where they run one after another.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace danas::test {

class Rendezvous {
 public:
  explicit Rendezvous(int64_t count) : count_(count) {}

  // Waits until `count` threads are here. Gives up after `limit`, and then for all that come later, too: a serial
  // caller fails, and does not hang.
  void Arrive(std::chrono::seconds limit = std::chrono::seconds(30)) {
    std::unique_lock lock(mutex_);
    if (++arrived_ == count_) all_.notify_all();
    const bool met = all_.wait_for(lock, limit, [&] { return arrived_ >= count_ || missed_; });
    if (!met || missed_) {
      missed_ = true;
      all_.notify_all();
    }
  }

  bool Met() const {
    const std::lock_guard lock(mutex_);
    return arrived_ >= count_ && !missed_;
  }

 private:
  const int64_t count_;
  mutable std::mutex mutex_;
  std::condition_variable all_;
  int64_t arrived_ = 0;
  bool missed_ = false;
};

}  // namespace danas::test
