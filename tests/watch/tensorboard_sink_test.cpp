#include "danas/watch/tensorboard_sink.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <fstream>

#include "danas/core/log.h"
#include "danas/core/run_folder.h"
#include "src/watch/log_translator.h"
#include "src/watch/summary.h"
#include "src/watch/tfrecord.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ReadText;
using test::SourcePath;
using test::TempDir;
using test::WriteText;
using testing::HasSubstr;

constexpr double kNoon = 1769860800;  // 2026-01-31T12:00:00Z

uint32_t Unmasked(uint32_t masked) { return std::rotl(masked - 0xa282ead8U, 15); }

// RFC 3720, B.4, and the check value of the catalogue of CRCs.
TEST(TfRecord, HasTheChecksumsOfPublishedVectors) {
  std::string ascending, descending;
  for (char c = 0; c < 32; ++c) ascending += c;
  descending.assign(ascending.rbegin(), ascending.rend());
  EXPECT_EQ(Unmasked(MaskedCrc32c("")), 0U);
  EXPECT_EQ(Unmasked(MaskedCrc32c("123456789")), 0xe3069283U);
  EXPECT_EQ(Unmasked(MaskedCrc32c(std::string(32, '\0'))), 0x8a9136aaU);
  EXPECT_EQ(Unmasked(MaskedCrc32c(std::string(32, '\xff'))), 0x62a8ab43U);
  EXPECT_EQ(Unmasked(MaskedCrc32c(ascending)), 0x46dd794eU);
  EXPECT_EQ(Unmasked(MaskedCrc32c(descending)), 0x113fdb5cU);
}

TEST(TfRecord, FramesItsData) {
  const std::string record = TfRecord("123456789");
  ASSERT_EQ(record.size(), 8 + 4 + 9 + 4U);
  EXPECT_EQ(record.substr(0, 8), std::string("\x09\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 9), "123456789");
  // ((0xe3069283 >> 15 | 0xe3069283 << 17) + 0xa282ead8) mod 2^32, the least significant byte first
  EXPECT_EQ(record.substr(21), "\xe5\xb0\x8a\xc7");
}

// tests/golden/event_file.py has TensorBoard's own classes write the same.
TEST(SummaryRecords, AreTensorBoardsToTheByte) {
  Summary scalars, others;
  scalars.AddScalar("loss/train", 0.75);
  scalars.AddScalar("zero", 0);
  others.AddHistogram("alpha", {0, 0.25, 0.75, 0});
  others.AddText("pruning", "α | β");
  EXPECT_EQ(VersionRecord(kNoon) + SessionStartRecord(kNoon, 0) + SummaryRecord(kNoon + 1.5, 300, scalars) +
                SummaryRecord(kNoon + 2, 70000, others),
            ReadText(SourcePath("tests/golden/event_file.tfevents")));
}

Json Timed(Json fields) {
  fields["time"] = "2026-01-31T12:00:00Z";
  return fields;
}

std::string Header() { return VersionRecord(kNoon) + SessionStartRecord(kNoon, 0); }

std::string Scalars(int64_t step, const std::vector<std::pair<std::string, double>>& scalars) {
  Summary summary;
  for (const auto& [tag, value] : scalars) summary.AddScalar(tag, value);
  return SummaryRecord(kNoon, step, summary);
}

TEST(LogTranslator, CountsEpochsWhereOldLogsHaveNoSteps) {
  LogTranslator translator("");
  EXPECT_EQ(translator.Records(Timed({{"event", "epoch"}, {"lr", 0.5}})),
            Header() + Scalars(1, {{"learning_rate/weights", 0.5}}));
  EXPECT_EQ(translator.Records(Timed({{"event", "epoch"}, {"lr", 0.25}})),
            Scalars(2, {{"learning_rate/weights", 0.25}}));
  EXPECT_EQ(translator.Records(Timed({{"event", "epoch"}, {"lr", 0.125}, {"steps", 70}})),
            Scalars(70, {{"learning_rate/weights", 0.125}}));
}

TEST(LogTranslator, PrunedCandidatesKeepTheirBuckets) {
  LogTranslator translator("");
  translator.Records(Timed({{"event", "epoch"}, {"phase", "step1"}, {"epoch", 1}, {"weight_steps", 10}}));
  translator.Records(Timed({{"event", "epoch"}, {"phase", "step2"}, {"epoch", 1}, {"weight_steps", 30}}));
  const auto alpha = [](const char* phase, Json first) {
    return Timed({{"event", "alpha"},
                  {"phase", phase},
                  {"epoch", 1},
                  {"layers", {std::move(first), {{"candidates", {"only"}}, {"alpha", {0.5}}}}}});
  };
  const auto expected = [](int64_t step, const std::vector<double>& buckets, const std::vector<std::string>& names) {
    Summary summary;
    summary.AddHistogram("alpha_over_candidates/layer00", buckets);
    for (const std::string& name : names)
      summary.AddScalar("probability/layer00/" + name, 1 / static_cast<double>(names.size()));
    summary.AddScalar("space/candidates", static_cast<double>(names.size()) + 1);
    return SummaryRecord(kNoon, step, summary);
  };
  EXPECT_EQ(translator.Records(alpha("step1", {{"candidates", {"a", "b", "c", "d"}}, {"alpha", {1, 1, 1, 1}}})),
            expected(10, {0.25, 0.25, 0.25, 0.25}, {"a", "b", "c", "d"}));
  EXPECT_EQ(translator.Records(alpha("step2", {{"candidates", {"b", "d"}}, {"alpha", {-7, -7}}})),
            expected(30, {0, 0.5, 0, 0.5}, {"b", "d"}));
  EXPECT_EQ(translator.Records(alpha("step3", {{"candidates", {"b", "d"}}, {"alpha", {-7, -7}}})), "")
      << "no such epoch";
}

TEST(LogTranslator, SeveralBudgetsHaveTagsOfTheirOwn) {
  LogTranslator translator("");
  const auto told = [&](const std::string& name, Json event) {
    event["event"] = name;
    return translator.Records(event);
  };
  told("search_start", {{"budgets", {{{"budget", "2M"}, {"target", 2e6}}}}});
  const Json of_epoch = {{"budget", "2M"}, {"validation_loss", 1.5}, {"expected_cost", 3e6}};
  const std::string epoch =
      told("epoch", {{"phase", "step1"}, {"epoch", 1}, {"train_loss", 1.0}, {"budgets", {of_epoch}}});
  for (const char* tag : {"loss/train", "loss/validation_2M", "cost/expected_2M", "cost/expected_over_budget_2M"}) {
    EXPECT_THAT(epoch, HasSubstr(tag));
  }
  const Json layer = {{"candidates", {"a", "b"}}, {"alpha", {0.0, 1.0}}};
  const std::string alpha = told("alpha", {{"phase", "step1"}, {"epoch", 1}, {"budget", "2M"}, {"layers", {layer}}});
  EXPECT_THAT(alpha, HasSubstr("probability_2M/layer00/a"));
  EXPECT_THAT(alpha, HasSubstr("alpha_over_candidates_2M/layer00"));
  EXPECT_THAT(told("pruning", {{"phase", "step1"}, {"budget", "2M"}, {"cuts", 3}}), HasSubstr("pruning/cuts_2M"));
  EXPECT_THAT(told("supernet_pruned", {{"phase", "step1"}, {"candidates_after", 12}}),
              HasSubstr("space/candidates_after_pruning"));
  EXPECT_THAT(told("search_end", {{"found", {{{"budget", "2M"}, {"cost", 2e6}}}}}), HasSubstr("found/cost_2M"));
}

TEST(LogTranslator, WhatIsNotAsItShouldBeIsLeftOut) {
  LogTranslator translator("");
  EXPECT_EQ(translator.Records({{"event", "epoch"}, {"train_loss", nullptr}, {"lr", "x"}, {"time", 3}}),
            VersionRecord(0) + SessionStartRecord(0, 0));
  EXPECT_EQ(translator.Records(Timed({{"event", "novel"}, {"x", 1}})), "");
  EXPECT_EQ(translator.Records(
                Timed({{"event", "alpha"}, {"layers", {3, {{"candidates", {"a"}}, {"alpha", Json::array()}}}}})),
            "");
}

class TensorBoardSinkTest : public testing::Test {
 protected:
  TensorBoardSinkTest() { WriteText(folder_ / "config.json", R"({"seed": 3})"); }

  static std::string Line(int64_t step) {
    return JsonText(Timed({{"event", "epoch"}, {"steps", step}, {"lr", 0.5}})) + "\n";
  }
  static std::string Told(int64_t step) { return Scalars(step, {{"learning_rate/weights", 0.5}}); }
  static std::string Beginning() {
    Summary config;
    config.AddText("config", "```json\n{\"seed\": 3}\n```");
    return Header() + SummaryRecord(kNoon, 0, config);
  }
  void Append(const std::string& text) const { std::ofstream(folder_ / "log.jsonl", std::ios::app) << text; }

  std::vector<std::filesystem::path> EventFiles() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "tensorboard")) {
      EXPECT_THAT(entry.path().filename(), testing::StartsWith("events.out.tfevents."));
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  // Of the last file, with at most an empty one before it.
  std::string EventFile() const {
    const auto files = EventFiles();
    EXPECT_LE(files.size(), 2U);
    if (files.size() == 2) {
      EXPECT_EQ(ReadText(files[0]), "");
    }
    return ReadText(files.back());
  }
  std::string Warnings() const { return ReadText(folder_ / "run.log"); }

  TempDir folder_;
};

TEST_F(TensorBoardSinkTest, FollowsTheLog) {
  TensorBoardSink sink(folder_.path());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "tensorboard"));
  Append(Line(7));
  sink.Record({"epoch", {}});
  EXPECT_EQ(EventFile(), Beginning() + Told(7));
  Append(Line(14).substr(0, 20));
  sink.Record({"epoch", {}});
  EXPECT_EQ(EventFile(), Beginning() + Told(7));
  Append(Line(14).substr(20) + "no event\n" + Line(21));
  sink.Record({"epoch", {}});
  EXPECT_EQ(EventFile(), Beginning() + Told(7) + Told(14) + Told(21));
}

TEST_F(TensorBoardSinkTest, TellsWhatALogThatWasCutBackHolds) {
  {
    TensorBoardSink before(folder_.path());
    Append(Line(7) + Line(14));
    before.Record({"epoch", {}});
  }
  TensorBoardSink after(folder_.path());
  WriteText(folder_ / "log.jsonl", Line(7) + Line(15));
  after.Record({"epoch", {}});
  EXPECT_EQ(EventFile(), Beginning() + Told(7) + Told(15));
  EXPECT_EQ(EventFiles().size(), 2U);
  WriteText(folder_ / "log.jsonl", Line(7));  // under its hands
  after.Record({"epoch", {}});
  EXPECT_EQ(EventFile(), Beginning() + Told(7));
  EXPECT_EQ(EventFiles().size(), 2U);
}

TEST_F(TensorBoardSinkTest, AFolderThatCannotBeWrittenIsOneWarning) {
  LogToFileAsWell(folder_ / "run.log");
  WriteText(folder_ / "tensorboard", "a file");
  TensorBoardSink sink(folder_.path());
  for (int i = 1; i <= 3; ++i) {
    Append(Line(i));
    sink.Record({"epoch", {}});
  }
  const std::string warnings = Warnings();
  EXPECT_THAT(
      warnings,
      HasSubstr(
          "warning: no further TensorBoard output of this run is written, but the run continues: cannot create "));
  EXPECT_EQ(std::count(warnings.begin(), warnings.end(), '\n'), 1);
}

// A limit on the size of files stands for a full disk.
TEST_F(TensorBoardSinkTest, AFullDiskLeavesWholeRecords) {
  LogToFileAsWell(folder_ / "run.log");
  TensorBoardSink sink(folder_.path());
  Append(Line(7));
  sink.Record({"epoch", {}});
  const std::string before = EventFile();
  Append(Line(14));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit tight{.rlim_cur = before.size() + 10, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  sink.Record({"epoch", {}});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(EventFile(), before);
  EXPECT_THAT(Warnings(), HasSubstr("the run continues: cannot write"));
}

}  // namespace
}  // namespace danas
