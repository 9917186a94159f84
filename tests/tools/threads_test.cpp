// The engine's OpenMP: one runtime, whose threads wait as they should.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kPlan = {"search", "--config", "config.json", "--dry-run", "--no-probe", "--verbose"};

TEST(EngineThreads, HaveOneOpenMpRuntime) {
  const TempDir folder;
  const std::string listed = (folder / "libraries").string();
  ASSERT_EQ(std::system(("LD_TRACE_LOADED_OBJECTS=1 " + Quoted(DANAS_ENGINE) + " >" + Quoted(listed)).c_str()), 0);
  std::set<std::string> runtimes;
  std::istringstream lines(ReadText(listed));
  for (std::string line; std::getline(lines, line);) {
    const bool openmp = line.find("libgomp") != std::string::npos || line.find("libiomp") != std::string::npos ||
                        line.find("libomp") != std::string::npos;
    if (openmp) runtimes.insert(line.substr(line.find("=>")));
  }
  EXPECT_EQ(runtimes.size(), 1u) << ReadText(listed);
  EXPECT_THAT(runtimes, testing::Each(Not(HasSubstr("not found"))));
}

TEST(EngineThreads, SleepSoonUnlessTheUserSaysOtherwise) {
  const SmallProject project;
  const std::string unset = "env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT -u KMP_BLOCKTIME";
  const Outcome ours = project.Run(kPlan, unset);
  ASSERT_EQ(ours.code, 0) << ours.err;
  EXPECT_THAT(ours.err, HasSubstr("idle threads: GOMP_SPINCOUNT=1000"));
  for (const std::string setting : {"OMP_WAIT_POLICY=active", "GOMP_SPINCOUNT=77", "KMP_BLOCKTIME=5"}) {
    const Outcome users = project.Run(kPlan, unset + " " + setting);
    ASSERT_EQ(users.code, 0) << users.err;
    EXPECT_THAT(users.err, HasSubstr("idle threads: " + setting + "\n"));
  }
}

TEST(EngineThreads, AreNotSpokenOfUnlessAsked) {
  const SmallProject project;
  const Outcome outcome = project.Run({"search", "--config", "config.json", "--dry-run", "--no-probe"});
  EXPECT_THAT(outcome.err, Not(HasSubstr("idle threads")));
}

}  // namespace
}  // namespace danas::test
