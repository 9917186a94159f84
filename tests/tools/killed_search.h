// A search of a small project that is ended in its middle, for tests of what goes on.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "danas/core/seconds_since.h"
#include "tests/tools/run_danas.h"

namespace danas::test {

class KilledSearch : public testing::Test {
 protected:
  KilledSearch() {
    project_.config()["checkpoint"] = {{"every", 0.0005}, {"min_seconds", 0}};
    project_.config()["schedule"]["epochs_per_step"] = 20;
    project_.WriteConfig();
  }

  static double SecondsOf(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return SecondsSince(start);
  }

  Outcome Search(const std::string& run, const std::string& before = "") const {
    return project_.Run({"search", "--config", "config.json", "--no-probe", "--run", run}, before);
  }

  // A whole search in "whole", whose time says when to kill others.
  void SearchWhole() {
    seconds_ = SecondsOf([&] {
      const Outcome outcome = Search("whole");
      EXPECT_EQ(outcome.code, 0) << outcome.err;
    });
  }

  // Ends a command at a share of a whole search's time. A machine may be slower or faster the next time: what ended
  // before its first checkpoint, or came to its end, is begun again, at another moment.
  void BeginAndKill(const std::vector<std::string>& command, double share, const std::string& signal = "KILL") {
    for (int tries = 0; tries < 20; ++tries) {
      const Outcome outcome = project_.Run(command, "timeout -s " + signal + " " + std::to_string(share * seconds_));
      if (outcome.code == 0) {
        share *= 0.8;
      } else if (!std::filesystem::exists(project_ / "run" / "checkpoints")) {
        share *= 1.3;
      } else {
        return;
      }
      std::filesystem::remove_all(project_ / "run");
    }
    FAIL() << "no moment found to end the search in its middle";
  }
  void BeginAndKill(double share, const std::string& signal = "KILL") {
    BeginAndKill({"search", "--config", "config.json", "--no-probe", "--run", "run"}, share, signal);
  }

  SmallProject project_;
  double seconds_ = 0;
};

}  // namespace danas::test
