// Config section `ranks`: a run of several processes.
#pragma once

#include "danas/config/describe.h"

namespace danas {

enum class BufferChoice { kFirst, kAverage };
template <>
struct EnumNames<BufferChoice> {
  static constexpr std::array kNames = {"first", "average"};
};

enum class DrawChoice { kShared, kOwn };
template <>
struct EnumNames<DrawChoice> {
  static constexpr std::array kNames = {"shared", "own"};
};

struct RanksConfig {
  double timeout = 600;
  BufferChoice bn_buffers = BufferChoice::kFirst;
  DrawChoice draws = DrawChoice::kShared;

  void Describe(ConfigVisitor& v) {
    v.Field("timeout", timeout,
            {.help = "the run ends if a rank keeps the others waiting, or shows no sign of life, for this long",
             .unit = "s",
             .min = 1,
             .max = 86400,
             .resume = OnResume::kMayChange});
    v.Field(
        "bn_buffers", bn_buffers,
        {.help = "batch norm's running statistics if each rank (or group of train.bn_groups) normalises by its own "
                 "images. first: those of the first; average: the average over all, which costs one message per step",
         .source = "PyTorch"});
    v.Field("draws", draws,
            {.help = "Gumbel draws. shared: the same on all ranks, as with a single process; own: each rank makes its "
                     "own, and the gradients are averaged"});
  }
};

}  // namespace danas
