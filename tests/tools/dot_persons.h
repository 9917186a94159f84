// Persons of two coloured dots, and a fixture that runs danas on them: key-points from end to end in seconds.
#pragma once

#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "danas/core/random.h"
#include "danas/core/seconds_since.h"
#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {

using testing::HasSubstr;
using testing::Not;

inline constexpr int kDotsHeight = 72, kDotsWidth = 96;

// A grey picture with noise, a red dot left and a blue one right of the middle of a person's box.
struct DotPerson {
  explicit DotPerson(int64_t number) {
    RandomStream stream(5, "dots", {static_cast<uint64_t>(number)});
    left = {static_cast<int>(14 + stream.UniformInt(20)), static_cast<int>(16 + stream.UniformInt(38))};
    right = {static_cast<int>(54 + stream.UniformInt(20)), static_cast<int>(16 + stream.UniformInt(38))};
    pixels.resize(size_t{3} * kDotsHeight * kDotsWidth);
    for (char& value : pixels) value = static_cast<char>(90 + stream.UniformInt(30));
    Dot(left, 0);
    Dot(right, 2);
  }

  void Dot(const std::array<int, 2>& at, int channel) {
    for (int y = at[1] - 3; y <= at[1] + 3; ++y) {
      for (int x = at[0] - 3; x <= at[0] + 3; ++x) {
        for (int c = 0; c < 3; ++c)
          pixels[static_cast<size_t>(3 * (y * kDotsWidth + x) + c)] = c == channel ? '\xf0' : 10;
      }
    }
  }

  std::array<int, 2> left, right;
  std::string pixels;
};

inline void WriteDots(const std::filesystem::path& root, const std::string& set, int64_t first, int64_t count) {
  Json images = Json::array(), annotations = Json::array();
  for (int64_t i = first; i < first + count; ++i) {
    const DotPerson person(i);
    const std::string name = std::to_string(i) + ".ppm";
    WriteText(root / set / name,
              "P6 " + std::to_string(kDotsWidth) + " " + std::to_string(kDotsHeight) + " 255\n" + person.pixels);
    images.push_back({{"id", i}, {"file_name", name}, {"height", kDotsHeight}, {"width", kDotsWidth}});
    annotations.push_back({{"id", i + 1},
                           {"image_id", i},
                           {"category_id", 1},
                           {"iscrowd", 0},
                           {"area", 3500.0},
                           {"bbox", {8, 8, 80, 56}},
                           {"num_keypoints", 2},
                           {"keypoints", {person.left[0], person.left[1], 2, person.right[0], person.right[1], 2}}});
  }
  const Json text = {
      {"images", images},
      {"annotations", annotations},
      {"categories", {{{"id", 1}, {"name", "dots"}, {"keypoints", {"left", "right"}}, {"skeleton", {{1, 2}}}}}}};
  WriteText(root / "annotations" / ("person_keypoints_" + set + ".json"), text.dump());
}

class DotPersons : public testing::Test {
 protected:
  DotPersons() {
    WriteDots(folder_ / "data", "train2017", 0, 40);
    WriteDots(folder_ / "data", "val2017", 100, 12);
    config_ = Json::parse(R"({
      "task": "keypoints", "space": "mobile_tiny", "seed": 3,
      "data": {"root": "data", "format": "coco", "image_size": 48, "image_width": 64, "validation_images": 8,
               "workers": 1},
      "keypoints": {"flip_pairs": ["left", "right"], "upper_body": ["left"], "sigmas": [0.1, 0.1],
                    "pictures": 3, "head": {"layers": 1, "channels": 16, "groups": [2, 4]}},
      "schedule": {"ranking": "listed", "classes": [1, 1], "warmup_epochs": 1, "epochs_per_step": 1},
      "search": {"preset": "paper", "budget": "3M", "budget_min": 1, "budget_max": "20M"},
      "train": {"batch": 8, "optimizer": "adam", "lr": 0.002, "weight_decay": 0},
      "finetune": {"epochs": 25, "dropout": 0,
                   "train": {"batch": 8, "optimizer": "adam", "lr": 0.003, "lr_decay": "steps", "lr_steps": [20, 23],
                             "lr_warmup_epochs": 0, "weight_decay": 0}},
      "runtime": {"threads": 1}
    })");
    WriteConfig();
  }

  void WriteConfig() { WriteText(folder_ / "config.json", config_.dump(1)); }

  Outcome Run(const std::vector<std::string>& arguments, const std::string& before = "") {
    return RunDanas(folder_.path(), arguments, before);
  }

  void Search(const std::string& run, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"search", "--config", "config.json", "--no-probe", "--run", run};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = Run(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  // "whole", and in "run" the same search, killed in its middle.
  void SearchWholeAndKillAnother() {
    config_["checkpoint"] = {{"every", 0.0005}, {"min_seconds", 0}};
    config_["schedule"]["epochs_per_step"] = 6;
    WriteConfig();
    const auto start = std::chrono::steady_clock::now();
    Search("whole");
    const double seconds = SecondsSince(start);
    // What ended before its first checkpoint, or came to its end, is begun again, at another moment.
    double share = 0.6;
    bool killed = false;
    for (int tries = 0; tries < 20 && !killed; ++tries) {
      std::filesystem::remove_all(folder_ / "run");
      const Outcome outcome = Run({"search", "--config", "config.json", "--no-probe", "--run", "run"},
                                  "timeout -s KILL " + std::to_string(share * seconds));
      const bool begun = std::filesystem::exists(folder_ / "run/checkpoints");
      killed = outcome.code != 0 && begun;
      share *= outcome.code == 0 ? 0.8 : 1.3;
    }
    ASSERT_TRUE(killed) << "no moment found to end the search in its middle";
  }

  void ExpectSameAsWhole() {
    EXPECT_TRUE(Weights("whole") == Weights("run"));
    EXPECT_EQ(ReadText(folder_ / "whole/best.json"), ReadText(folder_ / "run/best.json"));
  }

  // One process and two find the same network.
  void SearchByOneAndTwo() {
    config_["runtime"]["precision"] = "float64";
    config_["search"]["relaxation"] = {{"draws", "batch"}};
    WriteConfig();
    Search("one", {"--set", "train.bn_groups=2"});
    Search("two", {"--ranks", "2"});
    const auto network_of = [&](const std::string& run) {
      return Json::parse(ReadText(folder_ / run / "best.json"))["layers"];
    };
    EXPECT_EQ(network_of("one"), network_of("two"));
  }

  std::vector<Json> EventsOf(const std::string& run, const std::string& kind) {
    std::vector<Json> events;
    for (const Json& event : Events(folder_ / run / "log.jsonl")) {
      if (event["event"] == kind) events.push_back(event);
    }
    return events;
  }

  std::string Weights(const std::string& run) { return ReadText(folder_ / run / "weights.safetensors"); }

  TempDir folder_;
  Json config_;
};

}  // namespace danas::test
