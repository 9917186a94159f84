// A search that an earlier danas began goes on: tests/golden/checkpoint-v1, made by tests/golden/checkpoint_v1.py.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

Json Found(const fs::path& best) {
  Json json = Json::parse(ReadText(best));
  json["origin"].erase("config");  // has the keys of this danas
  return json;
}

TEST(OldCheckpoint, OfVersion1GoesOnToTheNetworkThatItWouldHaveFoundThen) {
  const SmallProject project;
  const fs::path golden = SourcePath("tests/golden/checkpoint-v1");
  fs::copy(golden / "run", project / "run", fs::copy_options::recursive);
  const Json manifest = Json::parse(ReadText(golden / "run/checkpoints/000055.json"));
  ASSERT_EQ(manifest.at("format_version"), 1);
  const int64_t steps = manifest.at("values").at("state.training.step").get<int64_t>();

  const Outcome outcome = project.Run({"search", "-q", "--resume", "run"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Found(project / "run/best.json"), Found(golden / "expected.json"));
  const Json end = Events(project / "run/log.jsonl").back();
  EXPECT_EQ(end.at("event"), "search_end");
  EXPECT_GT(end.at("weight_steps").get<int64_t>(), steps);
  EXPECT_GT(steps, 0);
}

}  // namespace
}  // namespace danas::test
