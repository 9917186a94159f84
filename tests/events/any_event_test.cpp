#include "danas/events/any_event.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "danas/events/progress.h"
#include "danas/events/run_log.h"
#include "tests/support/test_support.h"

namespace danas::events {
namespace {

using test::ReadText;
using test::SourcePath;
using test::WriteText;
using testing::ElementsAre;
using testing::IsEmpty;

template <typename... Events>
void ForEachEvent(const auto& visit, std::variant<Events...>* /*of*/) {
  (visit(Events{}), ...);
}

// Each is written, read as itself without faults, and written as it was.
TEST(AnyEvent, IsReadAsItIsWritten) {
  int events = 0;
  const auto round_trip = [&]<typename T>(T event) {
    if constexpr (EventSection<T>) {
      if constexpr (requires { event.phase; }) event.phase = "step1";
      const Event written = ToEvent(event);
      const ReadEvent read = ReadAny(written);
      ASSERT_TRUE(std::holds_alternative<T>(read.event)) << written.name;
      EXPECT_THAT(read.faults, IsEmpty()) << written.name;
      EXPECT_EQ(ToJson(std::get<T>(read.event)), written.fields) << written.name;
      ++events;
    }
  };
  ForEachEvent(round_trip, static_cast<AnyEvent*>(nullptr));
  EXPECT_EQ(events, 16);
}

TEST(AnyEvent, ATrainingKnowsItsKindByItsName) {
  TrainingStart start;
  for (const TrainingKind kind : {TrainingKind::kFinetune, TrainingKind::kTrain}) {
    start.kind = kind;
    EXPECT_EQ(std::get<TrainingStart>(ReadAny(ToEvent(start)).event).kind, kind);
  }
  start.kind = TrainingKind::kFinetune;
  EXPECT_EQ(ToEvent(start).name, "finetune_start");
}

TEST(AnyEvent, ANameThatIsNotKnown) {
  EXPECT_TRUE(std::holds_alternative<std::monostate>(ReadAny({"novel", {{"x", 1}}}).event));
}

TEST(Fields, PartsAmongTheOthersAndThoseThatAreLeftOut) {
  SearchEpoch epoch;
  epoch.phase = "warmup";
  Json json = ToJson(epoch);
  for (const char* field : {"validation_loss", "expected_cost", "paths", "budgets", "timing"}) {
    EXPECT_FALSE(json.contains(field)) << field;
  }
  epoch.alpha = AlphaFields{.expected_cost = 2.5, .alpha_entropy = 0.5, .z_rms = {}};
  json = ToJson(epoch);
  EXPECT_EQ(json["expected_cost"], 2.5);
  EXPECT_FALSE(json.contains("z_rms"));
  EXPECT_EQ(Read<SearchEpoch>(json).value.alpha->alpha_entropy, 0.5);
  EXPECT_TRUE(ToJson(LayerCut{})["z"].is_null());
}

TEST(Fields, WhatIsMissingOrOfAnotherTypeIsNamed) {
  const Json json = {{"phase", 3},
                     {"candidates_before", 1e300},
                     {"candidates_after", 7.5},
                     {"networks_in_band", "many"},
                     {"cuts", -2},
                     {"layers", {{{"layer", 4}, {"gap", nullptr}, {"dropped", {"a", 5}}}, 3}}};
  const auto [pruning, faults] = Read<Pruning>(json);
  EXPECT_THAT(faults,
              ElementsAre("phase", "candidates_before", "networks_in_band", "layers.dropped", "layers.kept",
                          "layers.last_kept", "layers.first_dropped", "layers"));
  EXPECT_EQ(pruning.phase, "");
  EXPECT_EQ(pruning.candidates_before, 0);
  EXPECT_EQ(pruning.candidates_after, 7);
  EXPECT_FALSE(pruning.networks_in_band.has_value());
  EXPECT_EQ(pruning.cuts, -2);
  ASSERT_EQ(pruning.layers.size(), 2U);
  EXPECT_EQ(pruning.layers[0].layer, 4);
  EXPECT_THAT(pruning.layers[0].dropped, ElementsAre("a", ""));
  EXPECT_FALSE(Known(pruning.layers[0].gap).has_value());
}

TEST(Fields, AFieldsNameByItsMember) {
  EXPECT_EQ(NameOfField(&PlannedPhase::macs_per_image), "macs_per_image");
  EXPECT_EQ(NameOfField(&SearchEnd::timing), "timing");
  EXPECT_EQ(NameOfField(&TrainingEnd::kind_name), "kind");
  EXPECT_EQ(NameOfField(&TrainingEnd::kind), "");  // in the event's name
}

TEST(Fields, ProgressHasItsPassAmongItsOwn) {
  ProgressNow progress;
  progress.time = "2026-01-31T12:00:00Z";
  progress.pass = {.label = "weights", .done = 3, .total = 4, .loss = 0.5, .accuracy = 0.75, .images_per_second = 8};
  progress.share_done = 0.25;
  const Json json = ToJson(progress);
  EXPECT_EQ(json.dump(),
            R"({"time":"2026-01-31T12:00:00Z","label":"weights","done":3,"total":4,"loss":0.5,"accuracy":0.75,)"
            R"("images_per_second":8.0,"share_done":0.25,"seconds_left":null})");
  EXPECT_EQ(ToJson(Read<ProgressNow>(json).value), json);
}

// Numbers are those that were written, also where a double could not hold them.
TEST(Fields, LargeWholeNumbers) {
  SearchStart start;
  start.seed = std::numeric_limits<int64_t>::max() - 1;
  EXPECT_EQ(Read<SearchStart>(Json::parse(ToJson(start).dump())).value.seed, start.seed);
}

// DANAS_UPDATE_DOCS=1 writes it.
TEST(EventReference, IsWhatTheDocsHold) {
  const std::string path = SourcePath("docs/events.md");
  const std::string docs = ReadText(path);
  const size_t begin = docs.find("## A search\n");
  ASSERT_NE(begin, std::string::npos);
  if (std::getenv("DANAS_UPDATE_DOCS") != nullptr) WriteText(path, docs.substr(0, begin) + EventReference());
  EXPECT_EQ(ReadText(path).substr(begin), EventReference()) << "stale: run this test with DANAS_UPDATE_DOCS=1";
}

}  // namespace
}  // namespace danas::events
