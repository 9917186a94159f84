// The networks that judge how easy classes are, as easiness.models names them: NAME, NAME@SEED, NAME=FILE.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "danas/config/config.h"

namespace danas {

struct JudgeName {
  std::string name;               // "mobilenetv2@1"
  std::string model;              // "mobilenetv2"
  std::string seed;               // "1"; empty: the config's
  std::filesystem::path weights;  // trained weights; empty: it is trained first
};

// Throws ConfigError for another form.
JudgeName ParseJudgeName(const std::string& text);

// Those of the config, with `weights` of the command line ("NAME=FILE") before its own. Throws as ParseJudgeName(),
// UsageError for weights of a network that is not among them, FileError if weights given on the line are missing.
std::vector<JudgeName> JudgesOf(const Config& config, const std::vector<std::string>& weights);

// Which of their weights are missing, and what to do about it; "" if none are.
std::string MissingWeights(const std::vector<JudgeName>& judges);

}  // namespace danas
