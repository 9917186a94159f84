// What a user can get wrong: each ends with the exit code of its kind and one line that says where and what to do, and
// leaves what was there before.
#include <gmock/gmock.h>

#include <future>
#include <sstream>

#include "tests/nn/torch_file_support.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Matcher;

class BadInput : public testing::Test {
 protected:
  // A search of config.json with these assignments.
  Outcome Search(const std::vector<std::string>& assignments = {}, const std::string& before = "") {
    std::vector<std::string> arguments = {"search", "--quiet", "--no-probe", "--config", "config.json", "--run", "run"};
    for (const std::string& assignment : assignments) {
      arguments.insert(arguments.end(), {"--set", assignment});
    }
    return project_.Run(arguments, before);
  }

  static void ExpectError(const Outcome& outcome, int code, const Matcher<std::string>& message) {
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, message);
    EXPECT_THAT(outcome.err, HasSubstr("error: "));
    EXPECT_EQ(outcome.out, "");
  }

  bool MadeRunFolder() const { return std::filesystem::exists(project_ / "run"); }

  SmallProject project_;
};

TEST_F(BadInput, ConfigValues) {
  const struct {
    const char* assignment;
    const char* expected;
  } cases[] = {
      {"search.pruning.ratoi=0.4", "did you mean 'ratio'"},
      {"search.pruning.ratio=1.5", "search.pruning.ratio"},
      {"search.pruning.ratio=nan", "search.pruning.ratio"},
      {"train.batch=many", "train.batch"},
      {"search.loss.kind=papr_log", "paper_log"},
      {"schedule.classes=[2, 2, 3, 4]", "4"},
      {"schedule.classes=[3, 2, 3, 3]", "schedule.classes"},
      {"schedule.classes=[1, 2, 3, 3]", "schedule.classes"},
      {"search.budget=1k", "search.budget"},
      {"space=nonsense", "nonsense"},
  };
  for (const auto& [assignment, expected] : cases) {
    SCOPED_TRACE(assignment);
    ExpectError(Search({assignment}), 3, HasSubstr(expected));
    EXPECT_FALSE(MadeRunFolder());
  }
}

TEST_F(BadInput, ValuesWithLineBreaksAndEscapesAreToldOnOneLine) {
  const Outcome outcome = Search({"runtime.device=a\nb\x1b[2Jc\td"});
  ExpectError(outcome, 3, HasSubstr("runtime.device: found 'a\\nb\\x1b[2Jc\\x09d', expected auto"));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

// What has no upper end by nature has one far beyond use, so that no product of them overflows.
TEST_F(BadInput, NumbersBeyondAllUse) {
  for (const char* key :
       {"schedule.epochs_per_step", "schedule.warmup_epochs", "finetune.epochs", "zoo.epochs", "train.batch",
        "train.micro_batch", "train.lr_warmup_epochs", "data.search_images_per_class", "data.validation_per_class",
        "data.max_pixels", "search.alpha_every", "search.recalibration_images", "search.budget", "checkpoint.every",
        "checkpoint.min_seconds", "checkpoint.keep"}) {
    for (const char* value : {"9223372036854775807", "1e300"}) {
      const std::string assignment = std::string(key) + "=" + value;
      const Outcome outcome = project_.Run({"config", "show", "--set", assignment});
      EXPECT_THAT(outcome.err, AllOf(HasSubstr(key), HasSubstr("expected a"))) << assignment;
      EXPECT_EQ(outcome.code, 3);
    }
  }
}

// OpenMP would end the process without a word of danas.
TEST_F(BadInput, MoreThreadsThanCanBeStarted) {
  ExpectError(Search({"runtime.threads=4096"}, "ulimit -s 8192; ulimit -v 8000000;"), 7,
              AllOf(HasSubstr("runtime.threads"), HasSubstr("of 4096 threads")));
  EXPECT_FALSE(MadeRunFolder());
}

TEST_F(BadInput, ATypoInAFileIsFoundWithItsLine) {
  WriteText(project_ / "config.json", "{\n  \"space\": \"space.json\",\n  \"trian\": {\"batch\": 8}\n}\n");
  ExpectError(Search(), 3, AllOf(HasSubstr("config.json:3"), HasSubstr("trian"), HasSubstr("train")));
}

TEST_F(BadInput, ABudgetNothingMeetsSaysTheReachableRange) {
  const Json cost = Json::parse(project_.Run({"cost", "--space", "space.json", "--json"}).out);
  const std::string least = std::to_string(cost["least"].get<int64_t>());
  const Outcome outcome = Search({"search.budget=1k"});
  EXPECT_THAT(outcome.err, testing::AnyOf(HasSubstr(least), HasSubstr(least.substr(0, 2)))) << "least " << least;
}

TEST_F(BadInput, ALayerWithoutCandidates) {
  std::string space = ReadText(project_ / "space.json");
  const std::string from = R"("inverted_residual", "expand": [1, 3],)";
  space.replace(space.find(from), from.size(), R"("shuffle_a",)");
  // Stage 2 changes 8 to 16 channels at stride 1, where no shuffle block stands.
  const std::string stride = R"("repeat": 1, "stride": 2)";
  space.replace(space.find(stride), stride.size(), R"("repeat": 1, "stride": 1)");
  WriteText(project_ / "space.json", space);
  ExpectError(project_.Run({"cost", "--space", "space.json"}), 3, HasSubstr("layers[2] (8 -> 16, stride 1)"));
  EXPECT_EQ(project_.Run({"space", "check", "space.json"}).code, 3);
}

TEST_F(BadInput, RankingsThatMissAClassOrNameOneTwice) {
  ExpectError(Search({"schedule.class_order=[0, 1]"}), 3, HasSubstr("2"));
  ExpectError(Search({"schedule.class_order=[0, 1, 1]"}), 3, HasSubstr("1"));
  ExpectError(Search({"schedule.ranking=nowhere/ranking.json"}), 5, HasSubstr("nowhere/ranking.json"));
}

TEST_F(BadInput, DataThatIsNotThereOrTooLittle) {
  ExpectError(Search({"data.root=nowhere"}), 4, HasSubstr("nowhere"));
  ExpectError(Search({"data.root="}), 3, HasSubstr("--data"));
  ExpectError(Search({"data.validation_fraction=0", "data.validation_per_class=50"}), 4, HasSubstr("50"));
}

TEST_F(BadInput, ATruncatedDataset) {
  const std::filesystem::path file = project_ / "data/train-images-idx3-ubyte";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  ExpectError(Search(), 4, HasSubstr("train-images-idx3-ubyte"));
}

TEST_F(BadInput, KernelsThatAreNone) {
  ExpectError(Search({}, "DANAS_KERNEL_LEVEL=mmx"), 2, HasSubstr("no kernel level 'mmx'"));
  EXPECT_FALSE(MadeRunFolder());
  ExpectError(Search({"nn.kernels=fast"}), 3, AllOf(HasSubstr("nn.kernels"), HasSubstr("fused")));
}

// A dataset of three folders with 20 pictures each.
void WriteFolders(const std::filesystem::path& root) {
  for (const char* part : {"train", "test"}) {
    for (const char* name : {"ant", "bee", "cat"}) {
      for (int i = 0; i < 20; ++i) {
        WriteText(root / part / name / (std::to_string(i) + ".ppm"), "P6\n16 16\n255\n" + std::string(768, name[0]));
      }
    }
  }
}

TEST_F(BadInput, ImagesThatAreNone) {
  const std::vector<std::string> use = {"data.root=photos", "data.format=folder"};
  const std::filesystem::path image = project_ / "photos/train/bee/7.ppm";
  const std::string whole = "P6\n16 16\n255\n" + std::string(768, 'b');
  for (const std::string& content : {std::string(), whole.substr(0, 300), std::string("no picture")}) {
    WriteFolders(project_ / "photos");
    WriteText(image, content);
    ExpectError(Search(use), 4, HasSubstr("bee/7.ppm"));
    std::filesystem::remove_all(project_ / "run");
  }
  WriteFolders(project_ / "photos");
  std::filesystem::remove(image);
  std::filesystem::create_symlink("nowhere.ppm", image);
  ExpectError(Search(use), 4, HasSubstr("bee/7.ppm"));
  std::filesystem::remove_all(project_ / "run");
  std::filesystem::remove(image);
  WriteText(image, "P6\n60000 60000\n255\n");
  ExpectError(Search(use), 4, AllOf(HasSubstr("bee/7.ppm"), HasSubstr("max_pixels")));
}

TEST_F(BadInput, NetworksThatAreCutOrNewer) {
  const std::string whole = ReadText(SourcePath("configs/networks/spos.json"));
  WriteText(project_ / "half.json", whole.substr(0, whole.size() / 2));
  ExpectError(project_.Run({"finetune", "--arch", "half.json", "--config", "config.json"}), 3, HasSubstr("half.json"));
  Json newer = Json::parse(whole);
  newer["format_version"] = 99;
  WriteText(project_ / "newer.json", newer.dump());
  ExpectError(project_.Run({"cost", "--arch", "newer.json"}), 3, HasSubstr("99"));
  ExpectError(project_.Run({"cost", "--arch", "nowhere.json"}), 5, HasSubstr("nowhere.json"));
}

TEST_F(BadInput, WeightsThatWouldRunAProgram) {
  const std::string call = Global("os", "system") + "(" + Text("touch was_run") + "tR";
  WriteText(project_ / "hostile.pth", TorchZip(Protocol2(call)));
  ExpectError(project_.Run({"evaluate", "--model", "resnet18", "--weights", "hostile.pth", "--config", "config.json",
                            "--quiet"}),
              6, AllOf(HasSubstr("hostile.pth"), HasSubstr("os.system"), HasSubstr("nothing was run")));
  EXPECT_FALSE(std::filesystem::exists(project_ / "was_run"));
}

TEST_F(BadInput, WeightsThatAreSomethingElse) {
  const auto evaluate = [&](const char* file) {
    return project_.Run({"evaluate", "--model", "resnet18", "--weights", file, "--config", "config.json", "--quiet"});
  };
  WriteText(project_ / "page.pth", "<!DOCTYPE html><html><body>Not found</body></html>");
  ExpectError(evaluate("page.pth"), 6, HasSubstr("page.pth is an HTML page"));
  WriteText(project_ / "empty.safetensors", "");
  ExpectError(evaluate("empty.safetensors"), 6, HasSubstr("empty.safetensors is empty"));
  ExpectError(evaluate(SourcePath("tests/golden/nn/torchscript.pt").c_str()), 6, HasSubstr("is a TorchScript program"));
  ExpectError(evaluate("data"), 5, HasSubstr("data is a folder"));
}

TEST_F(BadInput, TextsThatAreNoJsonOrYaml) {
  const auto check = [&](const char* file, const char* text, const char* error) {
    WriteText(project_ / file, text);
    ExpectError(project_.Run({"cost", "--space", file}), 3, HasSubstr(std::string("error: ") + file + error));
  };
  check("tabs.yaml", "name: x\nstem:\n\tchannels: 8\n", ":3:1: a tab in the indentation");
  check("comma.json", "{\n  \"name\": \"x\",\n}\n", ":2:14: a comma before the closing '}'");
  check("python.json", "{\"name\": None}", ":1:10: JSON writes null, not 'None'");
  check("yaml.json", "name: x\n", ": this is YAML");
  check("empty.yml", "", ": the file is empty");
  WriteText(project_ / "list.jsonl", "{\"path\": \"a.png\", \"label\": \"x\"}\n{'path': 'b.png', 'label': 'x'}\n");
  ExpectError(Search({"data.root=", "data.train=list.jsonl", "data.format=manifest"}), 4,
              HasSubstr("list.jsonl:2: column 2: JSON uses double quotes, not single ones"));
}

TEST_F(BadInput, RunFoldersThatCannotBeMade) {
  WriteText(project_ / "run/log.jsonl", "precious\n");
  ExpectError(Search(), 5, AllOf(HasSubstr("already contains a run"), HasSubstr("--run")));
  EXPECT_EQ(ReadText(project_ / "run/log.jsonl"), "precious\n");
  ExpectError(project_.Run({"search", "-q", "--no-probe", "--config", "config.json", "--run", "/proc/nowhere/run"}), 5,
              HasSubstr("/proc/nowhere"));
  // A plan checks it too, and nothing is read first.
  ExpectError(project_.Run({"search", "--dry-run", "--data", "nowhere", "--config", "config.json", "--run", "run"}), 5,
              HasSubstr("already contains a run"));
}

TEST_F(BadInput, AFullDiskEndsTheRunWithWhatWasWritten) {
  // Blocks of 512 bytes. One: config.json does not fit, and the folder can be taken again.
  ExpectError(Search({}, "ulimit -f 1;"), 5, HasSubstr("config.json"));
  // 24: the config and some of the log fit.
  ExpectError(Search({"schedule.epochs_per_step=40"}, "ulimit -f 24;"), 5, HasSubstr("kept in run"));
  EXPECT_TRUE(Json::accept(ReadText(project_ / "run/config.json")));
  for (const char* file : {"run/log.jsonl", "run/alpha.jsonl"}) {
    std::istringstream text(ReadText(project_ / file));
    for (std::string line; std::getline(text, line);) EXPECT_TRUE(Json::accept(line)) << file << ": " << line;
  }
  std::filesystem::remove_all(project_ / "run");
  // 24 hold all of a short search but the weights and what checkpoints hold of them.
  ExpectError(Search({}, "ulimit -f 24;"), 5, HasSubstr("a checkpoint could not be written"));
  std::filesystem::remove_all(project_ / "run");
  // Without checkpoints it goes on, and the network is there.
  const Outcome outcome = Search({"checkpoint.required=false"}, "ulimit -f 24;");
  ExpectError(outcome, 5, HasSubstr("run/weights.safetensors"));
  EXPECT_THAT(outcome.err, HasSubstr("could not be written and is skipped"));
  EXPECT_EQ(project_.Run({"cost", "--arch", "run/best.json"}).code, 0);
}

TEST_F(BadInput, PathsThatAreNoUtf8) {
  const Outcome outcome =
      project_.Run({"search", "-q", "--json", "--no-probe", "--config", "config.json", "--run", "caf\xe9"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out)["run"], "caf\xEF\xBF\xBD");
  EXPECT_TRUE(std::filesystem::exists(project_ / "caf\xe9/best.json"));
}

TEST_F(BadInput, TwoSearchesAskForOneFolder) {
  auto other = std::async(std::launch::async, [&] { return Search(); });
  Outcome won = Search();
  Outcome lost = other.get();
  if (won.code != 0) std::swap(won, lost);
  EXPECT_EQ(won.code, 0) << won.err;
  ExpectError(lost, 5, HasSubstr("already contains a run"));
  EXPECT_TRUE(std::filesystem::exists(project_ / "run/best.json"));
}

TEST_F(BadInput, AGpuThatIsNotThere) {
  if (std::filesystem::exists("/dev/nvidiactl")) GTEST_SKIP() << "this machine has a GPU";
  ExpectError(Search({"runtime.device=cuda"}), 7, HasSubstr("cuda"));
  ExpectError(Search({"runtime.device=gpu"}), 3, HasSubstr("gpu"));
  EXPECT_FALSE(MadeRunFolder());
}

}  // namespace
}  // namespace danas::test
