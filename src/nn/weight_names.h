// Names in a file of weights as trainings write them, brought to those of the bare model: without what DataParallel,
// torch.compile, Lightning, averages of weights and checkpoints put around it. One way for every kind of file.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace danas {

// Under which key of a checkpoint its weights lie, and where there are several, the first of these.
std::span<const std::string_view> WeightKeys();

// "the weights are those under "model", not those under "model_ema"": `found` of WeightKeys, in their order.
std::string WeightKeysNote(const std::vector<std::string_view>& found);

struct CleanedNames {
  std::vector<std::string> names;  // one for each name given; empty where it names no weight, and is left out
  std::vector<std::string> notes;  // what a user should know of it
};

// Left out are counters of batch norm (num_batches_tracked) and of averaged models (n_averaged). Taken off, as often as
// every name has it, is a prefix "module.", "model." or one of WeightKeys() with a point; where every name has one of
// several of these keys, the weights are those of the first and the others are left out. "_orig_mod." of torch.compile
// and the words of FSDP and activation checkpointing go wherever they stand. Throws CheckpointError that begins with
// `where` where two names become one.
CleanedNames CleanWeightNames(const std::vector<std::string>& names, const std::string& where);

}  // namespace danas
