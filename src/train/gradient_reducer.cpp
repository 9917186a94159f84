#include "danas/train/gradient_reducer.h"

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/logger.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <algorithm>
#include <tuple>

namespace danas {
namespace {

// DistributedDataParallel's: a small first bucket, so that sending begins early.
constexpr size_t kFirstBucketBytes = c10d::kDefaultFirstBucketBytes;
constexpr size_t kBucketBytes = c10d::kDefaultBucketBytesCap;

}  // namespace

// The buckets stay as they are made here, in the reverse order of the parameters, which is about that of backward.
// Reducer::rebuild_buckets() would follow the order of the first step, and a run resumed from a checkpoint would sum
// its first step in another order than one that ran through.
GradientReducer::GradientReducer(std::vector<at::Tensor> parameters, const Ranks& ranks, bool some_unused)
    : ranks_(ranks) {
  std::vector<std::vector<size_t>> buckets =
      std::get<0>(c10d::compute_bucket_assignment_by_size(parameters, {kFirstBucketBytes, kBucketBytes}));
  std::reverse(buckets.begin(), buckets.end());
  const std::vector<bool> sparse(parameters.size(), false);
  reducer_ = std::make_shared<c10d::Reducer>(
      std::move(parameters), std::move(buckets), ranks.group(), sparse, static_cast<int64_t>(kBucketBytes), some_unused,
      /*gradient_as_bucket_view=*/true, std::unordered_map<size_t, std::string>{},
      static_cast<int64_t>(kFirstBucketBytes), /*skip_all_reduce_unused_params=*/false,
      /*use_python_reducer=*/false, std::vector<int64_t>{});
  // Looking for unused parameters needs a logger, or it reads from nowhere.
  reducer_->set_logger(std::make_shared<c10d::Logger>(reducer_));
}

GradientReducer::~GradientReducer() = default;

void GradientReducer::Backward(const at::Tensor& loss, bool last) {
  const at::Tensor scaled = loss * ranks_.count();  // the reducer takes the mean
  if (last) reducer_->prepare_for_backward({scaled});
  ranks_.Try([&] { scaled.backward(); });
}

}  // namespace danas
