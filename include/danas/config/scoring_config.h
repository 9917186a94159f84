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
    v.Field(
        "statistics", statistics,
        {.help = "batch-norm statistics of a scored sub-network. batch: mean and variance of each batch; recalibrated: "
                 "running statistics estimated for it on search.recalibration_images training images"});
    v.Field("images", images,
            {.help = "validation images on which sub-networks are scored, balanced over the classes as far as "
                     "possible; all if there are fewer",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
    v.Field("ema", ema,
            {.help = "decay of the exponential moving average of the weights with which sub-networks are scored; 0: "
                     "the weights themselves",
             .min = 0,
             .max = 0.9999});
    v.Field("batch", batch,
            {.help = "maximum batch size for scoring a sub-network; affects the scores if statistics is batch",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
  }
};

}  // namespace danas
