// What times by ONNX Runtime come to, on made-up answers: of a profile, and of interpreters that are none.
#include "danas/latency/timed_onnx.h"

#include <gtest/gtest.h>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

TEST(OnnxParts, SumToTheWholeWithoutAProfile) {
  // Two layers; the profile leaves out 0.1 ms a node.
  const OnnxPass pass{.milliseconds = 7.9,
                      .nodes = {{"stem.relu6_nchwc", 1},
                                {"layers.0.ir_e3_k5.relu6_nchwc", 0.5},
                                {"layers.0.ir_e3_k5.project.conv_nchwc", 0.25},
                                {"ReorderOutput", 0.25},
                                {"layers.1.skip.conv", 2},
                                {"head.expand.conv", 1},
                                {"head.relu6", 0.5},
                                {"head.pool", 0.5},
                                {"logits", 1}}};
  const auto parts = PartsOf({pass, pass}, 2);
  ASSERT_EQ(parts.size(), 2u);
  const std::vector<double> expected = {1.1, 1.3, 2.1, 1.7, 1.7};
  for (const std::vector<double>& of_pass : parts) {
    ASSERT_EQ(of_pass.size(), expected.size());
    double sum = 0;
    for (size_t p = 0; p < expected.size(); ++p) {
      EXPECT_NEAR(of_pass[p], expected[p], 1e-12) << p;
      sum += of_pass[p];
    }
    EXPECT_NEAR(sum, pass.milliseconds, 1e-12);
  }
}

// An interruption of one node in one pass must not reach the other nodes by way of what is between them.
TEST(OnnxParts, AnInterruptionStaysInItsPart) {
  const OnnxPass usual{.milliseconds = 3, .nodes = {{"stem.conv", 1}, {"layers.0.a.conv", 1}, {"logits", 1}}};
  OnnxPass slow = usual;
  slow.nodes[1].milliseconds = 100;
  const auto parts = PartsOf({usual, slow, usual}, 1);
  EXPECT_EQ(parts[1], (std::vector<double>{1, 100, 0, 1}));
  EXPECT_EQ(parts[2], (std::vector<double>{1, 1, 0, 1}));
}

// The profile may cost more than a short node takes; no time is negative.
TEST(OnnxParts, AreNotNegative) {
  const OnnxPass pass{.milliseconds = 1, .nodes = {{"stem.conv", 2}, {"layers.0.a.conv", 0.1}, {"logits", 2}}};
  const std::vector<double> parts = PartsOf({pass}, 1).front();
  for (const double part : parts) EXPECT_GE(part, 0);
}

TEST(OnnxParts, OfLayersWithTwoDigits) {
  const OnnxPass pass{.milliseconds = 3, .nodes = {{"layers.1.a.conv", 1}, {"layers.11.a.conv", 2}}};
  const std::vector<double> parts = PartsOf({pass}, 12).front();
  EXPECT_EQ(parts[2], 1);
  EXPECT_EQ(parts[12], 2);
}

class OnnxInterpreter : public testing::Test {
 protected:
  // A program in the place of the interpreter.
  std::string Program(const std::string& script) const {
    const fs::path path = WriteText(folder_ / "python", "#!/bin/sh\n" + script + "\n");
    fs::permissions(path, fs::perms::owner_all);
    return path.string();
  }

  TempDir folder_;
};

TEST_F(OnnxInterpreter, WithoutThePackageSaysWhatToInstall) {
  const std::string python = Program(R"(echo '{"missing": "No module named onnxruntime"}')");
  ExpectErrorContains<DeviceError>([&] { OnnxRuntime runtime(python); },
                                   {"No module named onnxruntime", python + " -m pip install onnxruntime", "--python"});
}

TEST_F(OnnxInterpreter, ThatIsNotThereOrNoPython) {
  ExpectErrorContains<FileError>([] { OnnxRuntime runtime("/nowhere/python3"); }, {"/nowhere/python3", "--python"});
  ExpectErrorContains<PeerError>([&] { OnnxRuntime runtime(Program("echo Usage >&2; exit 2")); },
                                 {"exit code 2", "Usage"});
  ExpectErrorContains<PeerError>([&] { OnnxRuntime runtime(Program("echo hello")); }, {"did not say"});
}

TEST_F(OnnxInterpreter, WhatGoesWrongIsToldAndNothingIsLeft) {
  const SearchSpace space = LoadSpace(SourcePath("configs/spaces/mobile_tiny.json").string()).space;
  const SearchSpace network = space.Select(std::vector<size_t>(space.layers().size(), 0));
  const fs::path models = folder_ / "models";
  const auto answers = [&](const std::string& script) {
    fs::create_directory(models);
    const Json hello = {{"runtime", "ONNX Runtime 0 (CPU)"}, {"folder", models.string()}};
    return Program("echo '" + JsonText(hello) + "'; read line; " + script);
  };
  const auto time = [&](const std::string& script) {
    OnnxRuntime runtime(answers(script));
    EXPECT_EQ(runtime.name(), "ONNX Runtime 0 (CPU)");
    TimeByOnnx(runtime, network, {}, 2, true);
  };
  ExpectErrorContains<PeerError>([&] { time("echo no memory >&2; exit 1"); }, {"exit code 1", "no memory"});
  ExpectErrorContains<PeerError>([&] { time(R"(echo '{"error": "bad model"}')"); }, {"Runtime 0", "bad model"});
  ExpectErrorContains<PeerError>([&] { time("echo hello"); }, {"something else than times"});
  ExpectErrorContains<PeerError>([&] { time(R"(echo '{"passes": [{"ms": 1, "nodes": []}]}')"); }, {"2 passes"});

  const std::vector<float> image_nchw = {1, 2};
  const auto ask = [&](const std::string& script) {
    OnnxRuntime runtime(answers(script));
    return runtime.Answers("model.onnx", image_nchw, {2, 1, 1, 1}, 1);
  };
  const std::string file = "'" + (models / "answers.f32").string() + "'";
  ExpectErrorContains<PeerError>([&] { ask("printf 123 > " + file + "; echo '{}'"); }, {"for 2 images"});
  ExpectErrorContains<PeerError>([&] { ask(R"(echo '{"error": "no such file"}')"); }, {"no such file"});
  // The images themselves are an answer of one value each.
  EXPECT_EQ(ask("cp '" + (models / "images.f32").string() + "' " + file + "; echo '{}'"), image_nchw);
  EXPECT_FALSE(fs::exists(models));
}

}  // namespace
}  // namespace danas::test
