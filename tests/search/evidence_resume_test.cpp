// The evidence for a phase's cuts goes on with its run, from a checkpoint of this danas and from one that kept none.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>

#include "danas/core/checkpoint_files.h"
#include "danas/search/search_loop.h"
#include "tests/search/mean_colours.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

class SlowEvidenceResume : public testing::Test {
 protected:
  SlowEvidenceResume() {
    config_.search.budget.value = 300e3;
    config_.checkpoint.every = 1e-9;  // after every batch
    config_.checkpoint.keep = 1000;
    whole_ = Run(whole_folder_.path(), /*resume=*/false);
  }

  std::vector<Event> Run(const fs::path& folder, bool resume) const {
    const auto dataset = test::MeanColours();
    const SearchSpace space = test::MakeSpace({test::DistinctBlocks(6), test::DistinctBlocks(4)}, 4, 16, 4);
    test::KeptEvents events;
    SearchOutputs outputs;
    outputs.metrics = &events;
    outputs.folder = folder;
    outputs.resume = resume;
    RunSearch(test::MakeInputs(config_, space, dataset), outputs);
    return events.events;
  }

  // The checkpoint in the middle of step 2's second architecture pass, alone in a folder of its own.
  Json CopyMidPhase(const fs::path& folder) const {
    fs::create_directories(folder / "checkpoints");
    for (const auto& entry : fs::directory_iterator(whole_folder_ / "checkpoints")) {
      if (entry.path().extension() != ".json") continue;
      const Json manifest = Json::parse(test::ReadText(entry.path()));
      const Json& values = manifest.at("values");
      if (values.at("position.phase") != 2 || values.at("position.epoch") != 2) continue;
      if (!values.at("position.weights_done").get<bool>() || values.at("position.totals.steps") != 2) continue;
      fs::path tensors = entry.path();
      tensors.replace_extension(".safetensors");
      fs::copy(entry.path(), folder / "checkpoints/000001.json");
      fs::copy(tensors, folder / "checkpoints/000001.safetensors");
      return manifest;
    }
    ADD_FAILURE() << "no such checkpoint";
    return {};
  }

  // The events after step 1's pruning and the first epoch of step 2.
  std::vector<Event> After(const std::vector<Event>& events, size_t count) const {
    return {events.end() - static_cast<std::ptrdiff_t>(count), events.end()};
  }

  Config config_ = test::SmallConfig();
  test::TempDir whole_folder_;
  std::vector<Event> whole_;
};

TEST_F(SlowEvidenceResume, GoesOnToTheBit) {
  const test::TempDir folder;
  const Json manifest = CopyMidPhase(folder.path());
  EXPECT_EQ(manifest.at("format_version"), kCheckpointVersion);
  const std::vector<Event> rest = Run(folder.path(), /*resume=*/true);
  const std::vector<Event> expected = After(whole_, rest.size());
  for (size_t i = 0; i < rest.size(); ++i) {
    Json fields = rest[i].fields, wanted = expected[i].fields;
    EXPECT_EQ(rest[i].name, expected[i].name);
    EXPECT_EQ(fields.dump(), wanted.dump());
  }
}

TEST_F(SlowEvidenceResume, OfVersion1CoversTheLaterSteps) {
  const test::TempDir folder;
  CopyMidPhase(folder.path());
  const CheckpointFiles files = FilesOfCheckpoint(folder.path(), 1);
  CheckpointManifest manifest = ReadCheckpointManifest(files.manifest);
  Json& values = manifest.values;
  const auto steps = values.at("state.alpha.evidence.steps").get<int64_t>();
  ASSERT_GT(steps, 2);
  for (auto value = values.begin(); value != values.end();) {  // what version 1 did not have
    const std::string& name = value.key();
    const bool is_new = name.starts_with("state.alpha.evidence.") || name.starts_with("final_scores.") ||
                        name.starts_with("passed.") || name.ends_with(".macs");
    value = is_new ? values.erase(value) : std::next(value);
  }
  values["trace.first_kept"] = 7;
  values["trace.seen"] = steps;
  values["trace.alpha"] = Json::parse("[[[0.5, 0.25], [1]]]");
  manifest.version = 1;
  WriteCheckpointManifest(files, manifest);

  const std::vector<Event> rest = Run(folder.path(), /*resume=*/true);
  const std::vector<Event> expected = After(whole_, rest.size());
  int prunings = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    Json fields = rest[i].fields, wanted = expected[i].fields;
    if (rest[i].name == "pruning" && ++prunings == 1) {
      EXPECT_EQ(fields.at("evidence_missed"), steps);
      EXPECT_EQ(fields.at("evidence_steps").get<int64_t>(), wanted.at("evidence_steps").get<int64_t>() - steps);
      EXPECT_EQ(wanted.at("evidence_missed"), 0);
      EXPECT_EQ(fields.at("candidates_after"), wanted.at("candidates_after"));
    } else if (rest[i].name == "epoch" && prunings == 0) {
      fields.erase("z_rms");
      wanted.erase("z_rms");
      EXPECT_EQ(fields.dump(), wanted.dump());
    } else if (rest[i].name == "search_end") {
      EXPECT_FALSE(fields.contains("macs_passed"));  // nobody knows what was passed before
      wanted.erase("macs_passed");
      EXPECT_EQ(fields.dump(), wanted.dump());
    } else {
      EXPECT_EQ(fields.dump(), wanted.dump());  // the next phase has evidence of its own, from its first step
    }
  }
  EXPECT_EQ(prunings, 2);
}

}  // namespace
}  // namespace danas
