// Search spaces at the edge of what `danas space check` accepts, from the search to the test of the network found.
#include <gmock/gmock.h>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class OddSpaces : public testing::Test {
 protected:
  OddSpaces() {
    project_.config()["schedule"]["epochs_per_step"] = 1;
    project_.config()["search"]["budget"] = "50k";
    project_.config()["search"]["budget_max"] = "1G";
    project_.config()["finetune"]["epochs"] = 1;
    project_.config()["zoo"] = {{"epochs", 1}, {"train", {{"batch", 15}, {"lr", 0.02}}}};
    project_.WriteConfig();
  }

  // Changes a value of space.json.
  void SetSpace(const std::string& pointer, const Json& value) {
    Json space = Json::parse(ReadText(project_ / "space.json"));
    space[Json::json_pointer(pointer)] = value;
    WriteText(project_ / "space.json", space.dump(1));
  }

  void SetImageSize(int side) {
    project_.config()["data"]["image_size"] = side;
    project_.config()["data"]["test_resize"] = side;
    project_.WriteConfig();
  }

  Outcome Run(const std::vector<std::string>& arguments) const { return project_.Run(arguments); }

  // Check, plan, search, final training, test and bench; returns best.json.
  Json RunAll() const {
    const std::vector<std::vector<std::string>> commands = {
        {"space", "check", "space.json"},
        {"search", "--quiet", "--config", "config.json", "--dry-run"},
        {"search", "--quiet", "--config", "config.json", "--run", "found"},
        {"finetune", "--quiet", "--arch", "found/best.json", "--run", "trained"},
        {"finetune", "--quiet", "--arch", "found/best.json", "--run", "further", "--set", "finetune.init=supernet"},
        {"evaluate", "--quiet", "--run", "trained"},
        {"bench", "supernet", "--quiet", "--space", "space.json", "--batch", "2", "--rounds", "1", "--steps", "1"},
        {"bench", "loader", "--quiet", "--config", "config.json", "--workers", "1", "--passes", "1"}};
    for (const std::vector<std::string>& command : commands) {
      const Outcome outcome = Run(command);
      EXPECT_EQ(outcome.code, 0) << command[0] << " " << command[1] << ": " << outcome.err;
      if (outcome.code != 0) return {};
    }
    return Json::parse(ReadText(project_ / "found/best.json")).at("network");
  }

  SmallProject project_;
};

TEST_F(OddSpaces, StrideOfThree) {
  SetSpace("/stages/1/stride", 3);
  EXPECT_EQ(RunAll().at("layers").at(2).at("stride"), 3);
}

TEST_F(OddSpaces, StrideBeyondTheMap) {
  SetSpace("/stages/1/stride", 16);
  SetSpace("/stem/stride", 16);
  EXPECT_EQ(RunAll().at("layers").at(2).at("height"), 1);
}

TEST_F(OddSpaces, OneChannel) {
  SetSpace("/input/channels", 1);
  const Json network = RunAll();
  EXPECT_EQ(network.at("input").at("channels"), 1);
  EXPECT_THAT(Run({"space", "show", "space.json"}).out, HasSubstr("16x16 grey images"));
  const int64_t grey = Json::parse(Run({"cost", "--space", "space.json", "--json"}).out).at("least");
  SetSpace("/input/channels", 3);
  const int64_t coloured = Json::parse(Run({"cost", "--space", "space.json", "--json"}).out).at("least");
  EXPECT_EQ(coloured - grey, 2 * 9 * 8 * 8 * 8);  // of the stem
}

// The data are the same, but its judges are networks of the zoo, which take three channels.
TEST_F(OddSpaces, OneChannelWithClassesRankedFirst) {
  SetSpace("/input/channels", 1);
  const Outcome outcome = Run({"search", "--quiet", "--config", "config.json", "--run", "found", "--set",
                               "schedule.ranking=auto", "--set", "easiness.models=mobilenetv2_0.25"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(OddSpaces, ImagesOfOnePixel) {
  SetImageSize(1);
  EXPECT_EQ(RunAll().at("input").at("height"), 1);
}

TEST_F(OddSpaces, ASpaceOfOnePixelTakesTheConfigsImages) {
  SetSpace("/input/height", 1);
  SetSpace("/input/width", 1);
  EXPECT_EQ(RunAll().at("input").at("height"), 16);
}

TEST_F(OddSpaces, OneLayerWithOneCandidateAndNoStem) {
  SetSpace("/stem", {{"channels", 0}, {"stride", 1}});
  SetSpace(
      "/stages",
      Json::array(
          {{{"channels", 3}, {"repeat", 1}, {"stride", 1}, {"candidates", Json::array({{{"block", "identity"}}})}}}));
  EXPECT_EQ(RunAll().at("layers").size(), 1u);
}

TEST_F(OddSpaces, OtherChannelsAreRefusedByTheCheck) {
  SetSpace("/input/channels", 4);
  const Outcome outcome = Run({"space", "check", "space.json"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("space.json:"), HasSubstr("input.channels"),
                                 HasSubstr("images have 1 channel (grey) or 3")));
}

// Batch norm has no variance over one image of one pixel, but over two.
TEST_F(OddSpaces, ATrainingSetOfOneImageSaysWhereItIsTooSmall) {
  SetImageSize(1);
  const Outcome two = Run({"search", "--quiet", "--config", "config.json", "--run", "found", "--set",
                           "data.search_images_per_class=2", "--set", "data.validation_fraction=0.5"});
  ASSERT_EQ(two.code, 0) << two.err;
  WriteBars(project_ / "one", "train", 1);
  WriteBars(project_ / "one", "t10k", 1);
  const Outcome one =
      Run({"finetune", "--quiet", "--arch", "found/best.json", "--run", "trained", "--set", "data.root=one"});
  EXPECT_EQ(one.code, 4);
  EXPECT_THAT(one.err, HasSubstr("batch norm has no variance over a batch of one image at 1x1"));
  const Outcome larger = Run({"finetune", "--quiet", "--arch", "found/best.json", "--run", "larger", "--set",
                              "data.root=one", "--set", "data.image_size=16", "--set", "data.test_resize=16"});
  EXPECT_EQ(larger.code, 0) << larger.err;
}

}  // namespace
}  // namespace danas::test
