// danas latency, and a search by what it measures. Times are whatever they are; files, errors and bits are looked at.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;

void ExpectError(const Outcome& outcome, int code, const std::vector<std::string>& parts) {
  EXPECT_EQ(outcome.code, code) << outcome.err;
  for (const std::string& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part));
}

Outcome Measure(const SmallProject& project, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"latency", "--space",  "space.json", "--device", "cpu",    "--threads",
                                    "1",       "--rounds", "3",          "--out",    "t.yaml", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return project.Run(words);
}

TEST(LatencyCommand, MeasuresATableThatOthersRead) {
  const SmallProject project;
  const Outcome outcome = Measure(project, {"--check", "3", "--batch", "2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["space"], "tiny");
  EXPECT_EQ(json["table"], "t.yaml");
  EXPECT_EQ(json["measured_on"]["threads"], 1);
  EXPECT_EQ(json["measured_on"]["batch"], 2);
  EXPECT_EQ(json["quality"]["rounds"], 3);
  EXPECT_EQ(json["quality"]["visits"], 12);
  EXPECT_EQ(json["check"]["networks"], 3);
  EXPECT_FALSE(fs::exists(project / "t.yaml.part"));
  const Outcome cost = project.Run({"cost", "--space", "space.json", "--latency-table", "t.yaml", "--json"});
  ASSERT_EQ(cost.code, 0) << cost.err;
  EXPECT_EQ(Json::parse(cost.out)["unit"], "ms");
  EXPECT_GT(Json::parse(cost.out)["least"], 0);
  EXPECT_EQ(cost.err, "");
  const Outcome text = project.Run({"latency", "--space", "space.json", "--device", "cpu", "--threads", "1", "--batch",
                                    "2", "--table", "t.yaml", "--check", "2"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("rank correlation"));
  EXPECT_THAT(text.err, Not(HasSubstr("warning")));
}

TEST(LatencyCommand, ATableOfAnotherMachineIsWarnedOf) {
  const SmallProject project;
  ASSERT_EQ(Measure(project).code, 0);
  std::string text = ReadText(project / "t.yaml");
  const size_t at = text.find("machine: \"") + 10;
  WriteText(project / "t.yaml", text.insert(at, "Cray-1, not "));
  const Outcome cost = project.Run({"cost", "--space", "space.json", "--latency-table", "t.yaml"});
  EXPECT_EQ(cost.code, 0);
  EXPECT_THAT(cost.err, HasSubstr("t.yaml was measured on another machine (Cray-1, not "));
  const Outcome check = project.Run(
      {"latency", "--space", "space.json", "--device", "cpu", "--threads", "2", "--table", "t.yaml", "--check", "2"});
  EXPECT_EQ(check.code, 0);
  EXPECT_THAT(check.err, HasSubstr("the number of threads is 2, not 1"));
}

TEST(LatencyCommand, WhatCannotBeMeasured) {
  const SmallProject project;
  ExpectError(project.Run({"latency"}), 2, {"exactly one of --space and --arch"});
  ExpectError(project.Run({"latency", "--space", "space.json", "--table", "t.yaml"}), 2, {"--check"});
  ExpectError(project.Run({"latency", "--space", "nowhere"}), 3, {"nowhere"});
  ExpectError(Measure(project, {"--minutes", "1e-9"}), 3, {"only 0 rounds", "--minutes"});
  EXPECT_FALSE(fs::exists(project / "t.yaml"));
  ASSERT_EQ(Measure(project).code, 0);
  std::string text = ReadText(project / "t.yaml");
  WriteText(project / "cut.yaml", text.substr(0, text.rfind("\n\"") + 1));
  ExpectError(project.Run({"cost", "--space", "space.json", "--latency-table", "cut.yaml"}), 3,
              {"no latency for 1 of the"});
  WriteText(project / "t.yaml.part", "something else");
  ExpectError(Measure(project), 3, {"t.yaml.part", "move it away"});
}

// An interpreter in which every candidate of the model takes as many milliseconds as its kernel is wide, the stem 4 and
// the logits 2, and what is between nodes half a millisecond each.
constexpr const char* kMadeUpRuntime = R"py(#!/usr/bin/env python3
import json, re, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    print(json.dumps({"runtime": "ONNX Runtime 0.1 (CPU)", "folder": folder}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        assert asked["shape"] == [2, 3, 16, 16] and asked["threads"] == 1
        found = sorted(set(re.findall(rb"layers\.\d+\.ir_e\d+_k\d+", open(asked["model"], "rb").read())))
        assert len(found) == 3
        nodes = [["stem.conv", 4]]
        nodes += [[name.decode() + ".project.conv_nchwc", int(name.split(b"_k")[1])] for name in found]
        nodes += [["logits", 2]]
        ms = sum(node[1] for node in nodes) + 0.5 * len(nodes)
        one = {"ms": ms, "nodes": nodes if asked["nodes"] else []}
        print(json.dumps({"passes": [one] * asked["passes"]}), flush=True)
)py";

class LatencyOfOnnx : public testing::Test {
 protected:
  LatencyOfOnnx() {
    WriteText(project_ / "python", kMadeUpRuntime);
    fs::permissions(project_ / "python", fs::perms::owner_all);
  }

  Outcome MeasureWith(const std::string& python, std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--runtime", "onnx", "--python", python, "--batch", "2"});
    return Measure(project_, more);
  }

  SmallProject project_;
};

TEST_F(LatencyOfOnnx, IsThatOfItsNodes) {
  const Outcome outcome = MeasureWith("./python", {"--check", "3"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["measured_on"]["kernels"], "ONNX Runtime 0.1 (CPU)");
  EXPECT_EQ(json["measured_on"]["device"], "cpu");
  EXPECT_NEAR(json["check"]["mean_error"]["value"], 0, 1e-9);
  EXPECT_NEAR(json["check"]["offset"]["value"], 0, 1e-9);
  const Outcome cost = project_.Run({"cost", "--space", "space.json", "--latency-table", "t.yaml", "--json"});
  ASSERT_EQ(cost.code, 0) << cost.err;
  EXPECT_NEAR(Json::parse(cost.out)["least"], 4.5 + 3 * 3.5 + 2.5, 1e-9);
  EXPECT_NEAR(Json::parse(cost.out)["most"], 4.5 + 3 * 5.5 + 2.5, 1e-9);
}

TEST_F(LatencyOfOnnx, IsNotMixedWithAnotherRuntimes) {
  ASSERT_EQ(MeasureWith("./python").code, 0);
  const Outcome check = project_.Run({"latency", "--space", "space.json", "--device", "cpu", "--threads", "1",
                                      "--batch", "2", "--table", "t.yaml", "--check", "2"});
  EXPECT_EQ(check.code, 0) << check.err;
  EXPECT_THAT(check.err, HasSubstr("not ONNX Runtime 0.1 (CPU)"));
  // A measurement that was killed is not continued by another runtime.
  const std::string fault = "LD_PRELOAD=" + Quoted(DANAS_FAULTS) +
                            " DANAS_FAULT=" + Quoted("path=t.yaml.part;calls=rename;at=2;do=kill-after");
  EXPECT_NE(project_
                .Run({"latency", "--space", "space.json", "--device", "cpu", "--threads", "1", "--rounds", "3", "--out",
                      "t.yaml"},
                     fault)
                .code,
            0);
  ASSERT_TRUE(fs::exists(project_ / "t.yaml.part"));
  const Outcome onnx = MeasureWith("./python");
  EXPECT_EQ(onnx.code, 0) << onnx.err;
  EXPECT_THAT(onnx.err, HasSubstr("cannot be continued"));
  EXPECT_THAT(onnx.err, HasSubstr("ONNX Runtime 0.1 (CPU), not "));
  EXPECT_EQ(Json::parse(onnx.out)["quality"]["rounds"], 3);
}

TEST_F(LatencyOfOnnx, WhatIsMissingIsNamed) {
  ExpectError(MeasureWith("/nowhere/python3"), 5, {"/nowhere/python3", "--python FILE"});
  WriteText(project_ / "without/onnxruntime.py", "raise ImportError('no wheel here')");
  std::vector<std::string> words = {"latency", "--space", "space.json", "--runtime", "onnx", "--out", "t.yaml"};
  const std::string without = "PYTHONPATH=" + Quoted((project_ / "without").string());
  ExpectError(project_.Run(words, without), 7, {"pip install onnxruntime"});
  words.insert(words.end(), {"--device", "cuda"});
  ExpectError(project_.Run(words), 2, {"--runtime onnx measures on the CPU"});
  ExpectError(Measure(project_, {"--python", "./python"}), 2, {"--runtime onnx"});
  EXPECT_FALSE(fs::exists(project_ / "t.yaml"));
}

TEST_F(LatencyOfOnnx, ByTheRealRuntime) {
  const std::string python = SourcePath(".venv/bin/python3").string();
  if (std::system((Quoted(python) + " -c 'import onnxruntime' >/dev/null 2>&1").c_str()) != 0) {
    GTEST_SKIP() << "no onnxruntime in .venv";
  }
  const fs::path models = project_ / "models";
  fs::create_directory(models);
  std::vector<std::string> words = {"latency", "--space", "space.json", "--threads", "1",        "--rounds", "3",
                                    "--out",   "t.yaml",  "--runtime",  "onnx",      "--python", python};
  const Outcome outcome = project_.Run(words, "TMPDIR=" + Quoted(models.string()));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(fs::is_empty(models));
  EXPECT_THAT(outcome.out, HasSubstr("ONNX Runtime"));
  const Outcome cost = project_.Run({"cost", "--space", "space.json", "--latency-table", "t.yaml"});
  EXPECT_EQ(cost.code, 0) << cost.err;  // every key is there
  const std::string table = ReadText(project_ / "t.yaml");
  EXPECT_THAT(table, Not(HasSubstr("mean: 0\n")));
  EXPECT_THAT(table, Not(HasSubstr("mean: 0.0\n")));
}

// Any network is within the budget, whatever the machine.
class LatencySearch : public testing::Test {
 protected:
  LatencySearch() {
    project_.config()["search"] = {
        {"cost", "latency"}, {"latency_table", "measure"}, {"budget", 10000}, {"budget_min", 1e-9}};
    project_.WriteConfig();
  }

  Outcome Search(const std::string& run, std::vector<std::string> more = {}, const std::string& before = "") const {
    std::vector<std::string> words = {"search", "--no-probe", "--config", "config.json", "--run", run};
    words.insert(words.end(), more.begin(), more.end());
    return project_.Run(words, before);
  }

  SmallProject project_;
};

TEST_F(LatencySearch, MeasuresFirstAndWhatItFound) {
  const Outcome measured = Search("a", {"--json"});
  ASSERT_EQ(measured.code, 0) << measured.err;
  EXPECT_THAT(measured.err, HasSubstr("measuring the latency of all candidates"));
  EXPECT_THAT(measured.err, HasSubstr("the network takes"));
  const Json latency = Json::parse(measured.out)["latency"];
  EXPECT_EQ(latency["within"], true);
  EXPECT_GT(latency["measured"]["value"], 0);
  EXPECT_EQ(latency["limit"], 10200);
  // The table that it kept gives the same search, to the bit.
  const Outcome read = Search("b", {"--set", "search.latency_table=a/latency.yaml"});
  ASSERT_EQ(read.code, 0) << read.err;
  EXPECT_THAT(read.err, Not(HasSubstr("measuring the latency of all")));
  EXPECT_EQ(ReadText(project_ / "a/weights.safetensors"), ReadText(project_ / "b/weights.safetensors"));
  // danas choose looks it up.
  const Outcome chosen = project_.Run({"choose", "-q", "--run", "a", "--limit", "latency=9000ms", "--limit",
                                       "parameters=1M", "--limit", "macs=1G", "--limit", "memory=1G", "--json"});
  ASSERT_EQ(chosen.code, 0) << chosen.err;
  EXPECT_EQ(Json::parse(chosen.out)["limits"].size(), 4u);
  EXPECT_TRUE(fs::exists(project_ / "a/chosen.latency.json"));
}

TEST_F(LatencySearch, AResumedSearchUsesTheTableThatItBeganWith) {
  // Killed when the third round is to be kept, and then in the midst of the search.
  const auto fault = [](const std::string& plan) {
    return "LD_PRELOAD=" + Quoted(DANAS_FAULTS) + " DANAS_FAULT=" + Quoted(plan);
  };
  EXPECT_NE(Search("run", {}, fault("path=latency.yaml.part;calls=rename;at=3;do=kill-before")).code, 0);
  ASSERT_TRUE(fs::exists(project_ / "run/latency.yaml.part"));
  ASSERT_FALSE(fs::exists(project_ / "run/latency.yaml"));
  const std::vector<std::string> resume = {"search", "--no-probe", "--resume", "run"};
  EXPECT_NE(project_.Run(resume, fault("path=run/checkpoints;on=.json;calls=rename;at=2;do=kill-after")).code, 0);
  ASSERT_TRUE(fs::exists(project_ / "run/latency.yaml"));
  EXPECT_FALSE(fs::exists(project_ / "run/latency.yaml.part"));
  const std::string table = ReadText(project_ / "run/latency.yaml");
  const Outcome resumed = project_.Run(resume);
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, Not(HasSubstr("measuring the latency of all")));
  EXPECT_EQ(ReadText(project_ / "run/latency.yaml"), table);
  ASSERT_EQ(Search("whole", {"--set", "search.latency_table=run/latency.yaml"}).code, 0);
  EXPECT_EQ(ReadText(project_ / "run/weights.safetensors"), ReadText(project_ / "whole/weights.safetensors"));
}

TEST_F(LatencySearch, RanksShareOneTable) {
  const Outcome outcome = Search("ranks", {"--ranks", "2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(project_ / "ranks/latency.yaml"));
  EXPECT_TRUE(fs::exists(project_ / "ranks/best.json"));
}

TEST_F(LatencySearch, AMissIsAWarning) {
  ASSERT_EQ(Search("a").code, 0);
  // A table by which nothing takes any time, of the same machine.
  std::string text = ReadText(project_ / "a/latency.yaml");
  for (size_t at = text.find("mean: "); at != std::string::npos; at = text.find("mean: ", at + 1)) {
    text.replace(at, text.find('\n', at) - at, "mean: 1e-9");
  }
  WriteText(project_ / "quick.yaml", text);
  const Outcome outcome =
      Search("b", {"--set", "search.latency_table=quick.yaml", "--set", "search.budget=1e-6", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("it misses the limit"));
  EXPECT_EQ(Json::parse(outcome.out)["latency"]["within"], false);
}

TEST_F(LatencySearch, AFindByAnotherRuntimesTableIsNotMeasuredHere) {
  ASSERT_EQ(Measure(project_).code, 0);
  std::string text = ReadText(project_ / "t.yaml");
  const size_t at = text.find("kernels: ");
  WriteText(project_ / "onnx.yaml", text.replace(at, text.find('\n', at) - at, "kernels: \"ONNX Runtime 0.1 (CPU)\""));
  const Outcome outcome = Search("a", {"--set", "search.latency_table=onnx.yaml"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("latency is not measured here"));
  EXPECT_THAT(outcome.err, HasSubstr("not ONNX Runtime 0.1 (CPU)"));
  EXPECT_FALSE(fs::exists(project_ / "a/latency.json"));
}

TEST_F(LatencySearch, WhatNeedsATableSaysHowToGetOne) {
  ExpectError(project_.Run({"search", "--config", "config.json", "--dry-run", "--no-probe"}), 2,
              {"--dry-run", "danas latency"});
  ExpectError(Search("a", {"--set", "search.budget=1e-9", "--set", "search.budget_min=0"}), 3,
              {"budget", "are kept in a"});
  EXPECT_TRUE(fs::exists(project_ / "a/latency.yaml"));
}

}  // namespace
}  // namespace danas::test
