#include "danas/core/asked_process.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

AskedProcess Shell(const std::string& script) { return AskedProcess({"sh", "-c", script}, ""); }

TEST(AskedProcess, AnswersLineByLine) {
  AskedProcess process = Shell("echo hello; while read line; do echo \"<$line>\"; echo more; done");
  EXPECT_EQ(process.Read(), "hello");
  EXPECT_EQ(process.Ask("a b"), "<a b>");
  EXPECT_EQ(process.Read(), "more");
  const std::string longer(300'000, 'x');
  EXPECT_EQ(process.Ask(longer), "<" + longer + ">");
}

TEST(AskedProcess, SaysHowItEnded) {
  AskedProcess process = Shell("echo reason >&2; echo the last reason >&2; read line; exit 4");
  ExpectErrorContains<PeerError>([&] { process.Ask("x"); }, {"sh ended early (exit code 4): reason\nthe last reason"});
  ExpectErrorContains<PeerError>([&] { Shell("kill -9 $$").Read(); }, {"signal 9", "said nothing"});
}

TEST(AskedProcess, WhatIsNotThereCannotBeStarted) {
  ExpectErrorContains<FileError>([] { AskedProcess({"/nowhere/python3"}, "Give another"); },
                                 {"cannot start /nowhere/python3", "No such file", "Give another"});
}

// The owner's end ends it, though it would read on.
TEST(AskedProcess, EndsWithItsOwner) {
  const TempDir folder;
  {
    AskedProcess process =
        Shell("trap '' TERM; echo begun; while read line; do :; done; touch " + (folder / "over").string());
    EXPECT_EQ(process.Read(), "begun");
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "over"));
}

}  // namespace
}  // namespace danas::test
