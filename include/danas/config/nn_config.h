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
            {.help = "fused: each inverted residual is one fused computation on the CPU, where supported; aten: "
                     "PyTorch's operators only; auto: fused in float32 if the processor has AVX2, AVX-512 or NEON. "
                     "Results differ by rounding"});
    v.Field("recompute", recompute,
            {.help = "layer: training stores only each layer's input and recomputes the layer in the backward pass; "
                     "less memory, more time, bit-identical results"});
  }
};

}  // namespace danas
