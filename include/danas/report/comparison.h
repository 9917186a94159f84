// One honest table of trained networks, read from their run folders alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "danas/core/json.h"

namespace danas {

// What a folder of `danas finetune` or `danas train` says: network.json, config.json and result.json.
struct TrainedRun {
  std::string folder;
  std::string network;  // "found by search", "random near best.json", "resnet18", "given"
  int64_t macs = 0;
  int64_t parameters = 0;
  int64_t epochs = 0;
  double top1 = 0;                   // of the last epoch's weights on the test set, share of images; of key-points PCK
  std::optional<double> ema_top1;    // of their average
  std::optional<double> ap, ema_ap;  // of key-points: their average precision
  double seconds = 0;                // training and the test
  double band_percent = 0;           // of a random network: how far its MACs may lie from the given one's; else 0
  Json recipe;                       // config keys that make runs comparable: finetune or zoo, data, seed
};

// Throws FileError where a file is missing (the run did not end), ConfigError where one lacks a key.
TrainedRun ReadTrainedRun(const std::filesystem::path& folder);

// Network, MACs (and against the first run's), parameters, test accuracy, time; then the band, and what recipes differ
// in.
std::string ComparisonText(const std::vector<TrainedRun>& runs);
Json ComparisonJson(const std::vector<TrainedRun>& runs);

// Keys of `recipe` in which a run differs from the first, such as "finetune.epochs"; empty where all are trained alike.
std::vector<std::string> RecipeDifferences(const std::vector<TrainedRun>& runs);

}  // namespace danas
