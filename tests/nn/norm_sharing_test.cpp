// Batch norm over the parts of a batch, and over the batches of several processes, which are threads here.
#include <ATen/ATen.h>

#include <barrier>
#include <thread>

#include "danas/core/error.h"
#include "danas/core/rank_part.h"
#include "danas/nn/norm.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

using test::ExpectClose;
using test::ExpectGradientsMatch;
using test::ExpectSameBits;
using test::RandomTensor;

constexpr NormSpec kSpec{.momentum = 0.1, .epsilon = 1e-3};
constexpr int64_t kChannels = 3;

std::shared_ptr<BatchNorm> MakeNorm(bool affine, at::ScalarType type = at::kDouble) {
  auto norm = std::make_shared<BatchNorm>(kChannels, kSpec, affine);
  norm->to(type);
  if (affine) {
    const at::NoGradGuard no_gradient;
    norm->weight.copy_(RandomTensor({kChannels}, 5));
    norm->bias.copy_(RandomTensor({kChannels}, 6));
  }
  return norm;
}

at::Tensor Images(int64_t n, at::ScalarType type = at::kDouble) {
  return RandomTensor({n, kChannels, 2, 3}, 1, type).mul(2).add(1).contiguous(at::MemoryFormat::ChannelsLast);
}

// What the threads share.
struct Table {
  explicit Table(int threads) : values(static_cast<size_t>(threads)), barrier(threads) {}
  std::vector<at::Tensor> values;
  std::barrier<> barrier;
};

class ThreadExchange : public StatisticsExchange {
 public:
  ThreadExchange(Table& table, int rank) : table_(table), rank_(rank) {}
  int rank() const override { return rank_; }
  int count() const override { return static_cast<int>(table_.values.size()); }
  void Sum(const at::Tensor& values) const override {
    table_.values[static_cast<size_t>(rank_)] = values.clone();
    table_.barrier.arrive_and_wait();
    at::Tensor sum = table_.values[0].clone();
    for (size_t r = 1; r < table_.values.size(); ++r) sum += table_.values[r];
    table_.barrier.arrive_and_wait();
    at::Tensor(values).copy_(sum);
  }

 private:
  Table& table_;
  int rank_;
};

struct Result {
  at::Tensor y, dx, dweight, dbias, mean, variance;
};

// Forward, and the gradients of Σ y · seeds.
Result Through(BatchNorm& norm, const at::Tensor& images, const at::Tensor& seeds) {
  const at::Tensor x = images.detach().requires_grad_(true);
  const at::Tensor y = norm.forward(x, Activation::kRelu6);
  (y * seeds).sum().backward();
  return {y.detach(),
          x.grad(),
          norm.weight.defined() ? norm.weight.grad() : at::Tensor(),
          norm.bias.defined() ? norm.bias.grad() : at::Tensor(),
          norm.running_mean,
          norm.running_var};
}

TEST(NormTogether, IsTheNormOfTheWholeBatch) {
  for (const int ranks : {1, 2, 3}) {
    const at::Tensor images = Images(7), seeds = RandomTensor({7, kChannels, 2, 3}, 2);
    const Result whole = Through(*MakeNorm(true), images, seeds);
    Table table(ranks);
    std::vector<Result> results(static_cast<size_t>(ranks));
    std::vector<std::thread> threads;
    for (int r = 0; r < ranks; ++r) {
      threads.emplace_back([&, r] {
        const auto norm = MakeNorm(true);
        norm->set_sharing({.exchange = std::make_shared<ThreadExchange>(table, r)});
        const auto [first, last] = PartOfRank(7, r, ranks);
        results[static_cast<size_t>(r)] =
            Through(*norm, images.narrow(0, first, last - first), seeds.narrow(0, first, last - first));
      });
    }
    for (std::thread& thread : threads) thread.join();
    const auto joined = [&](at::Tensor Result::*part) {
      std::vector<at::Tensor> parts;
      for (const Result& result : results) parts.push_back(result.*part);
      return parts;
    };
    ExpectClose(at::cat(joined(&Result::y)), whole.y, 1e-12);
    ExpectClose(at::cat(joined(&Result::dx)), whole.dx, 1e-12);
    ExpectClose(at::stack(joined(&Result::dweight)).sum(0), whole.dweight, 1e-12);
    ExpectClose(at::stack(joined(&Result::dbias)).sum(0), whole.dbias, 1e-12);
    for (const Result& result : results) {
      ExpectClose(result.mean, whole.mean, 1e-13);
      ExpectClose(result.variance, whole.variance, 1e-13);
      ExpectSameBits(result.mean, results[0].mean);
    }
  }
}

TEST(NormTogether, JacobianIsExact) {
  Table table(1);
  ExpectGradientsMatch(
      [&](const std::vector<at::Tensor>& inputs) {
        BatchNorm norm(kChannels, kSpec, true);
        norm.to(at::kDouble);
        norm.weight = inputs[1];
        norm.bias = inputs[2];
        norm.set_sharing({.exchange = std::make_shared<ThreadExchange>(table, 0)});
        return norm.forward(inputs[0]);
      },
      {Images(3), RandomTensor({kChannels}, 4), RandomTensor({kChannels}, 5)});
}

TEST(NormTogether, OneImageAProcessIsEnough) {
  Table table(2);
  std::vector<std::thread> threads;
  for (int r = 0; r < 2; ++r) {
    threads.emplace_back([&, r] {
      const auto norm = MakeNorm(false);
      norm->set_sharing({.exchange = std::make_shared<ThreadExchange>(table, r)});
      EXPECT_NO_THROW(norm->forward(RandomTensor({1, kChannels, 1, 1}, static_cast<uint64_t>(r))));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(NormGroups, EachIsNormalisedByItself) {
  for (const bool first_moves : {true, false}) {
    const at::Tensor images = Images(7), seeds = RandomTensor({7, kChannels, 2, 3}, 2);
    const auto grouped = MakeNorm(true);
    grouped->set_sharing({.groups = 3, .first_moves = first_moves});
    const Result result = Through(*grouped, images, seeds);
    at::Tensor dweight = at::zeros({kChannels}, at::kDouble), mean = dweight.clone(), variance = dweight.clone();
    for (int64_t g = 0; g < 3; ++g) {
      const auto [first, last] = PartOfRank(7, g, 3);
      const auto norm = MakeNorm(true);
      const Result part = Through(*norm, images.narrow(0, first, last - first), seeds.narrow(0, first, last - first));
      ExpectSameBits(result.y.narrow(0, first, last - first), part.y);
      ExpectClose(result.dx.narrow(0, first, last - first), part.dx, 1e-13);
      dweight += part.dweight;
      if (!first_moves || g == 0) {
        mean += part.mean / (first_moves ? 1 : 3);
        variance += part.variance / (first_moves ? 1 : 3);
      }
    }
    ExpectClose(result.dweight, dweight, 1e-12);
    ExpectClose(result.mean, mean, 1e-13);
    ExpectClose(result.variance, variance, 1e-13);
  }
}

TEST(NormGroups, EvaluationAndFrozenStatisticsStayAsTheyAre) {
  const auto norm = MakeNorm(false);
  norm->set_sharing({.groups = 2});
  const at::Tensor mean = norm->running_mean.clone();
  norm->set_mode(NormMode::kBatchFrozen);
  norm->forward(Images(4));
  ExpectSameBits(norm->running_mean, mean);
  norm->set_mode(NormMode::kRunning);
  EXPECT_NO_THROW(norm->forward(Images(1)));
  norm->set_mode(NormMode::kBatch);
  test::ExpectErrorContains<DataError>([&] { norm->forward(RandomTensor({2, kChannels, 1, 1}, 1)); }, {"variance"});
}

}  // namespace
}  // namespace danas
