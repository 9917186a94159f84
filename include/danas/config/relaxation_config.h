// Config section `search.relaxation`: Gumbel-Softmax over the candidates (Eq. 6-8).
#pragma once

#include "danas/config/describe.h"

namespace danas {

enum class HardAlpha { kAll, kOne };
template <>
struct EnumNames<HardAlpha> {
  static constexpr std::array kNames = {"all", "one"};
};

// How often the architecture pass draws.
enum class RelaxationDraws { kBatch, kMicroBatch };
template <>
struct EnumNames<RelaxationDraws> {
  static constexpr std::array kNames = {"batch", "micro_batch"};
};

enum class ExpectedCostOf { kSampled, kSoftmax };
template <>
struct EnumNames<ExpectedCostOf> {
  static constexpr std::array kNames = {"sampled", "softmax"};
};

struct RelaxationConfig {
  double temperature = 1.0;
  double temperature_end = 0;
  RelaxationDraws draws = RelaxationDraws::kBatch;
  bool hard = false;
  HardAlpha hard_alpha = HardAlpha::kAll;
  ExpectedCostOf expected_cost = ExpectedCostOf::kSampled;

  void Describe(ConfigVisitor& v) {
    v.Field("temperature", temperature,
            {.help = "τ of the Gumbel-Softmax; fixed through the search unless temperature_end is set",
             .min = 0,
             .max = 1000,
             .above_min = true});
    v.Field(
        "temperature_end", temperature_end,
        {.help = "τ of the last searching epoch: from temperature there in equal ratios, epoch by epoch; 0: τ stays",
         .min = 0,
         .max = 1000});
    v.Field("draws", draws,
            {.help = "architecture pass: one draw for each batch, or its own for each micro-batch, whose gradients are "
                     "averaged"});
    v.Field("hard", hard, {.help = "forward uses the one-hot of the Gumbel draw; off: all candidates, weighted"});
    v.Field(
        "hard_alpha", hard_alpha,
        {.help =
             "hard, architecture pass: all candidates (exact straight-through) or the drawn one (as GDAS; biased)"});
    v.Field("expected_cost", expected_cost,
            {.help = "expected cost from the sampled probabilities or from softmax(α)"});
  }
};

}  // namespace danas
