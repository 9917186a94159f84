#include "danas/run/checkpoint.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::ReadText;
using test::TempDir;
using test::WriteText;
using testing::UnorderedElementsAre;

struct SmallRun {
  int64_t step = 0;
  double loss = 0;
  at::Tensor weights = at::zeros({3, 2});
  at::Tensor sum;

  void Describe(StateFields& fields) {
    fields.Value("step", step);
    fields.Value("loss", loss);
    fields.Within("network", [&](StateFields& f) { f.Contents("weights", weights); });
    fields.Tensor("sum", sum);
  }
};

class CheckpointTest : public testing::Test {
 protected:
  CheckpointKeeper Keeper(SmallRun& run, int64_t keep = 2) const {
    return {folder_.path(), {.keep = keep}, at::kCPU, [&run](StateFields& fields) { run.Describe(fields); }};
  }
  // Checkpoints of the steps 1 ... count.
  void WriteSteps(int64_t count, int64_t keep = 2) const {
    SmallRun run;
    CheckpointKeeper keeper = Keeper(run, keep);
    for (int64_t step = 1; step <= count; ++step) {
      run.step = step;
      run.loss = 1.0 / static_cast<double>(step);
      run.weights.fill_(step);
      run.sum = step % 2 == 0 ? at::full({2}, step) : at::Tensor();
      WriteText(folder_ / "log.jsonl", std::string(static_cast<size_t>(10 * step), 'x'));
      keeper.Keep(step == 1 ? CheckpointKind::kMilestone : CheckpointKind::kRegular);
    }
    keeper.Finish();
  }
  int64_t RestoredStep() const {
    SmallRun run;
    Keeper(run).Restore();
    EXPECT_EQ(run.loss, 1.0 / static_cast<double>(run.step));
    EXPECT_TRUE(at::equal(run.weights, at::full({3, 2}, static_cast<double>(run.step))));
    EXPECT_EQ(run.sum.defined(), run.step % 2 == 0);
    EXPECT_EQ(ReadText(folder_ / "log.jsonl").size(), static_cast<size_t>(10 * run.step));
    return run.step;
  }
  std::filesystem::path File(const std::string& name) const { return folder_ / ("checkpoints/" + name); }
  void Flip(const std::filesystem::path& file, size_t from_end) const {
    std::string bytes = ReadText(file);
    bytes[bytes.size() - from_end] ^= 1;
    WriteText(file, bytes);
  }

  TempDir folder_;
};

TEST_F(CheckpointTest, TheNewestComesBackWhole) {
  WriteSteps(4);
  EXPECT_EQ(RestoredStep(), 4);
}

TEST_F(CheckpointTest, TheNewestStayAndMilestonesDoToo) {
  WriteSteps(5);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "checkpoints")) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, UnorderedElementsAre("000001.json", "000001.safetensors", "000004.json", "000004.safetensors",
                                          "000005.json", "000005.safetensors"));
}

TEST_F(CheckpointTest, OneBitOfTheTensorsIsNoticed) {
  WriteSteps(4);
  Flip(File("000004.safetensors"), 3);
  EXPECT_EQ(RestoredStep(), 3);
}

TEST_F(CheckpointTest, EveryBitOfTheManifestIsNoticed) {
  WriteSteps(4);
  const std::string whole = ReadText(File("000004.json"));
  for (size_t at = 0; at + 1 < whole.size(); ++at) {  // but the newline at its end
    std::string altered = whole;
    altered[at] ^= 1;
    WriteText(File("000004.json"), altered);
    WriteText(folder_ / "log.jsonl", std::string(40, 'x'));
    ASSERT_EQ(RestoredStep(), 3) << "byte " << at << ": " << altered;
  }
}

TEST_F(CheckpointTest, FilesCutShortOrMissingAreSkipped) {
  WriteSteps(4, 4);
  WriteText(File("000004.json"), ReadText(File("000004.json")).substr(0, 50));
  std::filesystem::remove(File("000003.safetensors"));
  EXPECT_EQ(RestoredStep(), 2);
}

TEST_F(CheckpointTest, ANewerVersionIsNotGuessedAt) {
  WriteSteps(1);
  WriteText(File("000002.json"), "{\"format_version\": " + std::to_string(kCheckpointVersion + 1) + "}");
  EXPECT_EQ(RestoredStep(), 1);
}

TEST_F(CheckpointTest, WithoutAWholeOneItIsAnError) {
  SmallRun run;
  ExpectErrorContains<CheckpointError>([&] { Keeper(run).Restore(); }, {"contains no checkpoint"});
  WriteSteps(1);
  Flip(File("000001.safetensors"), 1);
  ExpectErrorContains<CheckpointError>([&] { Keeper(run).Restore(); }, {"none of the checkpoints is whole"});
}

TEST_F(CheckpointTest, WhatTheRunHasNotIsNotDropped) {
  WriteSteps(1);
  SmallRun run;
  CheckpointKeeper keeper(folder_.path(), {}, at::kCPU, [&](StateFields& fields) { fields.Value("step", run.step); });
  ExpectErrorContains<CheckpointError>([&] { keeper.Restore(); }, {"none of the checkpoints"});
}

TEST_F(CheckpointTest, LogsThatAreShorterAreNotCutAndNotDoneWithout) {
  const auto restore = [&] {
    SmallRun run;
    Keeper(run).Restore();
  };
  WriteText(folder_ / "alpha.jsonl", std::string(30, 'a'));
  WriteSteps(1);
  WriteText(folder_ / "log.jsonl", std::string(50, 'x'));
  for (const bool missing : {false, true}) {
    if (missing) std::filesystem::remove(folder_ / "alpha.jsonl");
    if (!missing) WriteText(folder_ / "alpha.jsonl", std::string(29, 'a'));
    ExpectErrorContains<CheckpointError>(restore, {"none of the checkpoints is whole"});
    EXPECT_EQ(ReadText(folder_ / "log.jsonl").size(), 50U);
  }
}

TEST_F(CheckpointTest, TensorsWithoutTheirManifestAreRemoved) {
  WriteSteps(2);
  WriteText(File("000001.safetensors.tmp-9"), "another's");
  std::filesystem::remove(File("000002.json"));
  EXPECT_EQ(RestoredStep(), 1);
  EXPECT_FALSE(std::filesystem::exists(File("000002.safetensors")));
}

TEST_F(CheckpointTest, WhatWasSkippedDoesNotPushOutWhatWasTaken) {
  WriteSteps(4, /*keep=*/1);  // 1, a milestone, and 4
  WriteSteps(3, /*keep=*/1);  // 5, a milestone, and 7
  Flip(File("000007.safetensors"), 3);
  SmallRun run;
  Keeper(run, /*keep=*/1).Restore();
  EXPECT_EQ(run.step, 1);
  EXPECT_TRUE(std::filesystem::exists(File("000005.json")));
  EXPECT_TRUE(std::filesystem::exists(File("000007.json")));
}

TEST_F(CheckpointTest, ARunsFolderThatWasRemovedIsNotMadeAgain) {
  SmallRun run;
  const std::filesystem::path gone = folder_ / "gone";
  CheckpointKeeper keeper(gone, {}, at::kCPU, [&](StateFields& fields) { run.Describe(fields); });
  keeper.Keep();
  ExpectErrorContains<FileError>([&] { keeper.Finish(); }, {"gone was removed", "--resume"});
  EXPECT_FALSE(std::filesystem::exists(gone));
}

TEST_F(CheckpointTest, AFolderThatCannotBeWrittenStopsTheRunOrNotAsAsked) {
  SmallRun run;
  WriteText(folder_ / "checkpoints", "a file in the folder's place");
  {
    CheckpointKeeper keeper = Keeper(run);
    keeper.Keep();
    ExpectErrorContains<FileError>([&] { keeper.Finish(); }, {"--resume"});
  }
  CheckpointKeeper lenient(folder_.path(), {.required = false}, at::kCPU,
                           [&](StateFields& fields) { run.Describe(fields); });
  lenient.Keep();
  EXPECT_NO_THROW(lenient.Finish());
}

}  // namespace
}  // namespace danas
