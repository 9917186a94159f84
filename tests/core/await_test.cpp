#include "danas/core/await.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

namespace danas {
namespace {

const auto kNeverGivesUp = [](double) {};

TEST(Await, ReturnsWhenTheWorkIsDone) {
  const auto result = std::make_shared<int>(0);
  Await([result](const std::stop_token&) { *result = 3; }, kNeverGivesUp);
  EXPECT_EQ(*result, 3);
}

TEST(Await, ThrowsWhatTheWorkThrows) {
  EXPECT_THROW(Await([](const std::stop_token&) { throw std::out_of_range("far"); }, kNeverGivesUp), std::out_of_range);
}

TEST(Await, LooksWhileItWaitsAndCanGiveUp) {
  const auto stopped = std::make_shared<std::atomic<bool>>(false);
  double waited = -1;
  EXPECT_THROW(Await(
                   [stopped](const std::stop_token& stop) {
                     while (!stop.stop_requested()) std::this_thread::yield();
                     *stopped = true;
                   },
                   [&](double seconds) {
                     waited = seconds;
                     throw std::runtime_error("enough");
                   }),
               std::runtime_error);
  EXPECT_GE(waited, 0);
  EXPECT_TRUE(*stopped);
  EXPECT_FALSE(ThreadsLeftBehind());
}

TEST(Await, LeavesAThreadBehindThatDoesNotStop) {
  const auto go_on = std::make_shared<std::atomic<bool>>(true);
  EXPECT_THROW(Await(
                   [go_on](const std::stop_token&) {
                     while (*go_on) std::this_thread::yield();
                   },
                   [](double) { throw std::runtime_error("enough"); }),
               std::runtime_error);
  EXPECT_TRUE(ThreadsLeftBehind());
  *go_on = false;
}

}  // namespace
}  // namespace danas
