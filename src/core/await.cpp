#include "danas/core/await.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <future>
#include <thread>
#include <utility>

#include "danas/core/seconds_since.h"

namespace danas {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenLooks{100};
constexpr std::chrono::milliseconds kToStop{300};

std::atomic<bool> left_behind = false;

}  // namespace

void Await(std::function<void(std::stop_token stop)> work, const std::function<void(double seconds)>& look) {
  std::packaged_task<void(std::stop_token)> task(std::move(work));
  std::future<void> done = task.get_future();
  const auto start = Clock::now();
  std::jthread thread([task = std::move(task)](const std::stop_token& stop) mutable { task(stop); });
  try {
    while (done.wait_for(kBetweenLooks) != std::future_status::ready) {
      look(SecondsSince(start));
    }
  } catch (...) {
    thread.request_stop();
    if (done.wait_for(kToStop) != std::future_status::ready) {
      LeaveThreadBehind();
      thread.detach();
    }
    throw;
  }
  thread.join();
  done.get();
}

void LeaveThreadBehind() { left_behind = true; }

bool ThreadsLeftBehind() { return left_behind; }

}  // namespace danas
