// Batches larger than memory: the gradients of several forward passes add up to the batch's.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "danas/train/loader.h"
#include "danas/train/amp.h"
#include "danas/train/gradient_reducer.h"
#include "danas/train/pass.h"

namespace danas {

// Parts of at most `micro_batch` images in order, as views (0: one part). A lone last image joins the part before,
// since batch norm needs two.
std::vector<Batch> SplitBatch(const Batch& batch, int64_t micro_batch);

// A part -> the sum of its images' losses, with graph, and what is counted.
using ComputePart = std::function<StepResult(const Batch& part)>;

// Calls `compute` and backward() on each part. The gradients are those of the mean loss of the whole batch, times the
// scaler's scale where one is given; batch norm sees the parts. With a reducer they are summed over the processes'
// parts of the batch, after the last part; without, they are this process's share. Returns the sums over this
// process's part, without graph. A loss that is not a mean over images (one with a cost term) comes as n times the
// part's loss, n its images.
StepResult AccumulateGradients(const Batch& batch, int64_t micro_batch, const ComputePart& compute,
                               const LossScaler* scaler = nullptr, GradientReducer* reducer = nullptr);

// Several ways through the network, each over the whole batch: the gradients are the sum of the ways', the result is
// their mean. With a reducer the processes' sums are exchanged once, after the last way.
StepResult AccumulateGradients(const Batch& batch, int64_t micro_batch, const std::vector<ComputePart>& ways,
                               const LossScaler* scaler = nullptr, GradientReducer* reducer = nullptr);

}  // namespace danas
