// Config section `search.scoring`: how sub-networks are scored with the supernet's weights.
#pragma once

#include "danas/config/describe.h"

namespace danas {

enum class ScoreStatistics { kBatch, kRecalibrated };
template <>
struct EnumNames<ScoreStatistics> {
  static constexpr std::array kNames = {"batch", "recalibrated"};
};

struct ScoringConfig {
  ScoreStatistics statistics = ScoreStatistics::kBatch;
  int64_t images = 1000;
  int64_t batch = 250;
  double ema = 0;

  void Describe(ConfigVisitor& v) {
    v.Field("statistics", statistics,
            {.help = "what normalises a scored sub-network: each batch's own mean and variance, or running ones taken "
                     "for it from search.recalibration_images training images"});
    v.Field("images", images,
            {.help = "validation images that sub-networks are scored on, as many of each class as can be; all if there "
                     "are fewer",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
    v.Field("ema", ema,
            {.help = "sub-networks are scored with the weights' running average of this decay; 0: with the weights",
             .min = 0,
             .max = 0.9999});
    v.Field("batch", batch,
            {.help = "largest batch of a scored sub-network; part of what a score means with the batch's statistics",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
  }
};

}  // namespace danas
