// Runs the built `danas` as a shell would, and makes small inputs for it.
#pragma once

#include <sys/wait.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "danas/core/json.h"
#include "tests/support/test_support.h"

namespace danas::test {

struct Outcome {
  int code = -1;  // exit code; 128 + signal where one ended it
  std::string out;
  std::string err;
};

inline std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

// `before` is shell text in front of the command, such as "ulimit -f 8;" or "NO_COLOR=1".
inline Outcome RunDanas(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                        const std::string& before = "") {
  const TempDir captured;
  std::string command = "cd " + Quoted(folder.string()) + " && " + before + " " + Quoted(DANAS_PROGRAM);
  for (const std::string& argument : arguments) command += " " + Quoted(argument);
  command += " >" + Quoted((captured / "out").string()) + " 2>" + Quoted((captured / "err").string());
  const int status = std::system(command.c_str());
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = ReadText(captured / "out"),
          .err = ReadText(captured / "err")};
}

inline std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 255);
  return bytes;
}

// Three classes of 16 x 16 pictures in the MNIST family's layout: grey, with a bright bar whose place is the class.
inline void WriteBars(const std::filesystem::path& folder, const std::string& prefix, uint32_t images) {
  std::string pixels = BigEndian(0x803) + BigEndian(images) + BigEndian(16) + BigEndian(16);
  std::string labels = BigEndian(0x801) + BigEndian(images);
  for (uint32_t i = 0; i < images; ++i) {
    const uint32_t label = i % 3;
    labels += static_cast<char>(label);
    for (uint32_t p = 0; p < 256; ++p) {
      const bool bar = p / 16 / 5 == label;
      pixels += static_cast<char>((bar ? 180 : 60) + (i * 7 + p * 13) % 50);
    }
  }
  WriteText(folder / (prefix + "-images-idx3-ubyte"), pixels);
  WriteText(folder / (prefix + "-labels-idx1-ubyte"), labels);
}

// A folder with data/, space.json and config.json of a search that takes a second or two.
class SmallProject {
 public:
  SmallProject() {
    WriteBars(path() / "data", "train", 150);
    WriteBars(path() / "data", "t10k", 60);
    WriteText(path() / "space.json", R"({
  "format_version": 1, "name": "tiny", "input": {"channels": 3, "height": 16, "width": 16}, "classes": 3,
  "candidates": {"mobile": [{"block": "inverted_residual", "expand": [1, 3],
                             "operator": {"kind": "depthwise", "kernel": [3, 5]}}]},
  "norm": {"momentum": 0.1, "epsilon": 0.001},
  "stem": {"channels": 8, "kernel": 3, "stride": 2, "activation": "relu6"},
  "stages": [{"channels": 8, "repeat": 2, "stride": 1, "candidates": "mobile"},
             {"channels": 16, "repeat": 1, "stride": 2, "candidates": "mobile"}],
  "head": {"channels": 0, "activation": "relu6", "dropout": 0, "bias": true}
})");
    config_ = Json::parse(R"({
  "space": "space.json",
  "runtime": {"device": "cpu", "threads": 1},
  "data": {"root": "data", "format": "idx", "image_size": 16, "test_resize": 16, "validation_fraction": 0.2,
           "workers": 1,
           "augment": {"crop": "none", "flip": 0, "brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}},
  "schedule": {"ranking": "listed", "classes": [2, 2, 3, 3], "warmup_epochs": 1, "epochs_per_step": 2},
  "search": {"budget": "120k"},
  "train": {"batch": 12, "lr": 0.05},
  "finetune": {"epochs": 4, "dropout": 0, "train": {"batch": 15, "lr": 0.05, "lr_warmup_epochs": 0}}
})");
    WriteConfig();
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path operator/(std::string_view name) const { return path() / name; }
  Json& config() { return config_; }
  void WriteConfig() { WriteText(path() / "config.json", config_.dump(1)); }

  Outcome Run(const std::vector<std::string>& arguments, const std::string& before = "") const {
    return RunDanas(path(), arguments, before);
  }

 private:
  TempDir folder_;
  Json config_;
};

}  // namespace danas::test
