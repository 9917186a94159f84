// A search that an earlier danas began is resumed: tests/golden/checkpoint-v1, -v2 and -v3, made by the scripts beside
// them.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

Json Found(const fs::path& best) {
  Json json = Json::parse(ReadText(best));
  json["origin"].erase("config");  // has the keys of this danas
  json["origin"].erase("scored");  // losses, which have the machine's roundings
  return json;
}

// Resumes a copy of tests/golden/<name>; returns the checkpoint's values and the last event.
std::pair<Json, Json> GoOn(const std::string& name, int64_t version) {
  const SmallProject project;
  const fs::path golden = SourcePath("tests/golden/" + name);
  fs::copy(golden / "run", project / "run", fs::copy_options::recursive);
  Json manifest;
  for (const auto& entry : fs::directory_iterator(golden / "run/checkpoints")) {
    if (entry.path().extension() == ".json") manifest = Json::parse(ReadText(entry.path()));
  }
  EXPECT_EQ(manifest.at("format_version"), version);
  const Outcome outcome = project.Run({"search", "-q", "--resume", "run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err.find("checkpoint before it"), std::string::npos) << outcome.err;
  EXPECT_EQ(Found(project / "run/best.json"), Found(golden / "expected.json"));
  const Json end = Events(project / "run/log.jsonl").back(), values = manifest.at("values");
  EXPECT_EQ(end.at("event"), "search_end");
  EXPECT_GT(values.at("state.training.step"), 0);
  EXPECT_GT(end.at("weight_steps"), values.at("state.training.step"));
  return {values, end};
}

TEST(OldCheckpoint, OfVersion1GoesOnToTheNetworkThatItWouldHaveFoundThen) {
  const auto [values, end] = GoOn("checkpoint-v1", 1);
  EXPECT_FALSE(end.contains("macs_passed"));  // nobody counted before
}

// Of a search with all that a checkpoint may hold.
void ExpectAllIsResumed(const std::string& name, int64_t version) {
  const auto [values, end] = GoOn(name, version);
  for (const char* value : {"state.training.average.updates", "paths.paths", "state.alpha.evidence.steps"}) {
    EXPECT_GT(values.at(value), 0) << value;
  }
  EXPECT_EQ(end.at("chosen_by"), "scores");
  EXPECT_GT(end.at("macs_passed").at("weights"), values.at("passed.weights.macs"));
  EXPECT_GT(values.at("passed.scoring.macs"), 0);  // for step 1's pruning
}

TEST(OldCheckpoint, OfVersion2GoesOnToTheNetworkThatItWouldHaveFoundThen) { ExpectAllIsResumed("checkpoint-v2", 2); }

// The version of this danas; it stays when a later one comes.
TEST(OldCheckpoint, OfVersion3GoesOnToTheNetworkThatItWouldHaveFoundThen) { ExpectAllIsResumed("checkpoint-v3", 3); }

}  // namespace
}  // namespace danas::test
