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
    v.Field(
        "timeout", timeout,
        {.help = "a rank that does not come to where the others wait, or gives no sign of life, for so long ends the "
                 "run",
         .unit = "s",
         .min = 1,
         .max = 86400,
         .resume = OnResume::kMayChange});
    v.Field("bn_buffers", bn_buffers,
            {.help = "batch norm's running statistics, where each rank (or group of train.bn_groups) normalises by its "
                     "own images: those of the first, or the average of all, which costs a message each step",
             .source = "PyTorch"});
    v.Field("draws", draws,
            {.help = "Gumbel draws: the same on all ranks, as one process would make them, or each rank its own, whose "
                     "gradients are averaged"});
  }
};

}  // namespace danas
