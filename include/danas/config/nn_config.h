// Config section `nn`: how a network is computed.
#pragma once

#include "danas/config/describe.h"

namespace danas {

enum class KernelChoice { kAuto, kFused, kAten };
template <>
struct EnumNames<KernelChoice> {
  static constexpr std::array kNames = {"auto", "fused", "aten"};
};

enum class RecomputeKind { kNone, kLayer };
template <>
struct EnumNames<RecomputeKind> {
  static constexpr std::array kNames = {"none", "layer"};
};

struct NnConfig {
  KernelChoice kernels = KernelChoice::kAuto;
  RecomputeKind recompute = RecomputeKind::kNone;

  void Describe(ConfigVisitor& v) {
    v.Field("kernels", kernels,
            {.help = "fused: inverted residuals on the CPU as one piece of work, where they fit; aten: PyTorch's "
                     "operators alone; auto: fused in float32 where the processor has AVX2, AVX-512 or NEON. The "
                     "choice changes results by rounding"});
    v.Field("recompute", recompute,
            {.help = "layer: in training a layer keeps its input alone and is computed again in backward; less memory, "
                     "more time, the same results to the bit"});
  }
};

}  // namespace danas
