#include "danas/core/run_folder.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::ReadText;
using test::TempDir;
using test::WriteText;

TEST(RunFolder, MakesTheFoldersAbove) {
  const TempDir folder;
  const RunFolder run(folder / "a/b/run");
  EXPECT_EQ(run.path(), folder / "a/b/run");
  EXPECT_TRUE(std::filesystem::is_directory(run.path()));
}

TEST(RunFolder, TakesAnEmptyFolder) {
  const TempDir folder;
  EXPECT_EQ(RunFolder(folder.path()).path(), folder.path());
}

TEST(RunFolder, RefusesARunAndLeavesItAsItIs) {
  const TempDir folder;
  { const RunFolder run(folder / "run"); }
  WriteText(folder / "run/log.jsonl", "{\"event\":\"epoch\"}\n");
  const std::string before = ReadText(folder / "run/log.jsonl");
  ExpectErrorContains<FileError>([&] { RunFolder(folder / "run"); }, {"already contains a run", "--run"});
  EXPECT_EQ(ReadText(folder / "run/log.jsonl"), before);
}

TEST(RunFolder, RefusesAFolderOfOtherFilesAndAFile) {
  const TempDir folder;
  WriteText(folder / "photos/cat.jpg", "x");
  ExpectErrorContains<FileError>([&] { RunFolder(folder / "photos"); }, {"photos", "not empty"});
  ExpectErrorContains<FileError>([&] { RunFolder(folder / "photos/cat.jpg"); }, {"cat.jpg", "Not a directory"});
  ExpectErrorContains<FileError>([&] { RunFolder(folder / "photos/cat.jpg/run"); }, {"cat.jpg", "Not a directory"});
}

TEST(RunFolder, ChecksWithoutMaking) {
  const TempDir folder;
  RunFolder::CheckFree(folder.path());
  RunFolder::CheckFree(folder / "a/b/run");
  RunFolder::CheckFree(folder / "a/../run/");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  WriteText(folder / "run/log.jsonl", "precious\n");
  ExpectErrorContains<FileError>([&] { RunFolder::CheckFree(folder / "run"); }, {"already contains a run"});
  ExpectErrorContains<FileError>([&] { RunFolder::CheckFree(folder / "run/log.jsonl/a/b"); }, {"Not a directory"});
}

TEST(RunFolder, GivenBackItCanBeTakenAgain) {
  const TempDir folder;
  RunFolder(folder / "run").GiveBack();
  RunFolder(folder / "run");
  ExpectErrorContains<FileError>([&] { RunFolder(folder / "run"); }, {"already contains a run"});
}

TEST(RunFolder, TellsWhoWorksInIt) {
  const TempDir folder;
  WriteText(folder / "none/log.jsonl", "");
  EXPECT_EQ(FindHolder(folder / "none").state, RunHolder::State::kNone);
  {
    const RunFolder run(folder / "run");
    const RunHolder holder = FindHolder(run.path());
    EXPECT_EQ(holder.state, RunHolder::State::kAlive);
    EXPECT_THAT(holder.name, testing::StartsWith("process " + std::to_string(::getpid()) + " on "));
  }
  EXPECT_EQ(FindHolder(folder / "run").state, RunHolder::State::kGone);
  WriteText(folder / "run/lock", "process 12 on a.host.elsewhere");
  EXPECT_EQ(FindHolder(folder / "run").state, RunHolder::State::kElsewhere);
  WriteText(folder / "run/lock", "");
  EXPECT_EQ(FindHolder(folder / "run").state, RunHolder::State::kNone);
}

TEST(RunFolder, BeingLookedAtKeepsNobodyOut) {
  const TempDir folder;
  RunFolder(folder / "run");
  std::atomic<bool> stop = false;
  std::thread looks([&] {
    while (!stop) {
      FindHolder(folder / "run");
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  });
  for (int i = 0; i < 50; ++i) EXPECT_NO_THROW(RunFolder::Reopen(folder / "run"));
  stop = true;
  looks.join();
}

TEST(RunFolder, ReopenedItHasNoHalfLineAndNoTemporaryFile) {
  const TempDir folder;
  WriteText(folder / "run/log.jsonl", "{\"event\":\"one\"}\n{\"event\":\"tw");
  WriteText(folder / "run/alpha.jsonl", "{\"ev");
  WriteText(folder / "run/checkpoints/000001.json.tmp-7", "{");
  RunFolder::Reopen(folder / "run");
  EXPECT_EQ(ReadText(folder / "run/log.jsonl"), "{\"event\":\"one\"}\n");
  EXPECT_EQ(ReadText(folder / "run/alpha.jsonl"), "");
  EXPECT_TRUE(std::filesystem::is_empty(folder / "run/checkpoints"));
}

TEST(RunFolder, DefaultNamesOfOneSecondDiffer) {
  const TempDir folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const RunFolder first(RunFolder::DefaultPath("cifar10", 3));
  const RunFolder second(RunFolder::DefaultPath("cifar10", 3));
  std::filesystem::current_path(before);
  EXPECT_NE(first.path(), second.path());
  EXPECT_EQ(first.path().parent_path(), "runs");
  EXPECT_THAT(first.path().filename().string(), testing::MatchesRegex("cifar10-[0-9]+-[0-9]+-seed3"));
}

}  // namespace
}  // namespace danas
