// ATen's header runs its loops serially where it is compiled without OpenMP; everything computes the same then, on one
// thread. These tests fail there.
#include "danas/nn/thread_pool.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "danas/kernels/parallel.h"
#include "tests/support/rendezvous.h"

namespace danas {
namespace {

class ThreadPool : public testing::Test {
 protected:
  void SetUp() override {
    LendThreadPool();
    at::set_num_threads(2);
  }
  void TearDown() override { at::set_num_threads(before_); }

 private:
  const int before_ = at::get_num_threads();
};

TEST_F(ThreadPool, TwoTasksThatWaitForEachOtherBothArrive) {
  test::Rendezvous rendezvous(2);
  kernels::ForEachRange("test", 2, [&](int64_t, int64_t, int64_t) { rendezvous.Arrive(); });
  EXPECT_TRUE(rendezvous.Met()) << "the pool of " << kernels::Threads() << " threads runs serially";
}

TEST_F(ThreadPool, GivesEachRangeAThreadOfItsOwn) {
  std::mutex mutex;
  std::set<int64_t> numbers;
  std::set<std::thread::id> ids;
  std::atomic<int64_t> done = 0;
  kernels::ForEachRange("test", 100, [&](int64_t begin, int64_t end, int64_t thread) {
    done += end - begin;
    const std::lock_guard lock(mutex);
    numbers.insert(thread);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(done, 100);
  EXPECT_EQ(numbers, (std::set<int64_t>{0, 1}));
  EXPECT_EQ(ids.size(), 2u);
}

TEST_F(ThreadPool, TasksOfATaskRunWhereTheyAre) {
  std::atomic<int64_t> done = 0;
  kernels::ForEachRange("outer", 2, [&](int64_t, int64_t, int64_t) {
    const auto outer = std::this_thread::get_id();
    kernels::ForEachRange("inner", 4, [&](int64_t begin, int64_t end, int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), outer);
      done += end - begin;
    });
  });
  EXPECT_EQ(done, 8);
}

}  // namespace
}  // namespace danas
