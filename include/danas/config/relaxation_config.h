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
            {.help = "τ of the Gumbel-Softmax; constant throughout the search unless temperature_end is set",
             .min = 0,
             .max = 1000,
             .above_min = true});
    v.Field("temperature_end", temperature_end,
            {.help = "τ in the last epoch of the search, reached from temperature by the same factor in every epoch; "
                     "0: τ is constant",
             .min = 0,
             .max = 1000});
    v.Field("draws", draws,
            {.help = "architecture pass. batch: one draw per batch; micro_batch: one draw per micro-batch, and the "
                     "gradients are averaged"});
    v.Field(
        "hard", hard,
        {.help = "the forward pass uses the one-hot of the Gumbel draw; false: the weighted sum of all candidates"});
    v.Field("hard_alpha", hard_alpha,
            {.help = "hard, architecture pass. all: compute all candidates (exact straight-through gradient); one: "
                     "only the drawn one (as GDAS; biased)"});
    v.Field("expected_cost", expected_cost,
            {.help = "probabilities that weight the expected cost. sampled: those drawn by the Gumbel-Softmax; "
                     "softmax: softmax(α)"});
  }
};

}  // namespace danas
