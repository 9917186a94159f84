// Batches larger than memory: the gradients of several forward passes add up to the batch's.
//
//   const std::vector<Batch> parts = SplitBatch(batch, micro_batch);
//   GradientSum sum(batch, parts.size());
//   for (const Batch& part : parts) sum.Add(forward pass and loss of the part);
//   const StepResult result = sum.Result();
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "danas/train/amp.h"
#include "danas/train/gradient_reducer.h"
#include "danas/train/loader.h"
#include "danas/train/pass.h"

namespace danas {

// Parts of at most `micro_batch` images in order, as views (0: one part). A lone last image joins the part before,
// since batch norm needs two.
std::vector<Batch> SplitBatch(const Batch& batch, int64_t micro_batch);

// The gradients of the mean loss of a whole batch, times the scaler's scale where one is given; batch norm sees the
// parts. With a reducer they are summed over the processes' parts of the batch, once, after the last part; without,
// they are this process's share.
class GradientSum {
 public:
  // Of a batch in so many parts. Each of the `ways` through the network goes over the whole batch, one after the other:
  // the gradients are the sum of the ways', the result is their mean. Scaler and reducer must outlive this.
  GradientSum(const Batch& batch, size_t parts, size_t ways = 1, const LossScaler* scaler = nullptr,
              GradientReducer* reducer = nullptr);

  // The sum of the losses of a part's images, with its graph, which goes backward here; and what is counted. A loss
  // that is not a mean over images (one with a cost term) comes as n times the part's loss, n its images.
  void Add(const StepResult& part);

  // After the last part: the sums over this process's part of the batch, without graph.
  StepResult Result() const;

 private:
  int64_t images_;
  size_t left_;  // calls of Add() to come
  size_t ways_;
  const LossScaler* scaler_;
  GradientReducer* reducer_;
  StepResult total_;
};

}  // namespace danas
