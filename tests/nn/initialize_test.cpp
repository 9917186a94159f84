#include <ATen/ATen.h>

#include <cmath>
#include <map>

#include "danas/arch/space_file.h"
#include "danas/kernels/parallel.h"
#include "danas/nn/supernet.h"
#include "danas/nn/thread_pool.h"
#include "tests/nn/nn_support.h"

namespace danas {
namespace {

using test::ExpectSameBits;

SearchSpace SmallSpace() { return LoadSpace("mobile_small", {}, 10).space; }

std::map<std::string, at::Tensor> InitialState(const SearchSpace& space, bool affine, int64_t seed,
                                               at::ScalarType type = at::kFloat) {
  const auto network = std::make_shared<Supernet>(space, SupernetOptions{.affine = affine});
  network->to(type);
  for (const auto& [name, tensor] : StateOf(*network)) at::Tensor(tensor).fill_(NAN);
  InitializeWeights(*network, seed);
  std::map<std::string, at::Tensor> state;
  for (const auto& [name, tensor] : StateOf(*network)) state[name] = tensor.clone();
  return state;
}

// Mean and variance lie within five standard errors, for a distribution of this kurtosis.
void ExpectMoments(const at::Tensor& values, double deviation, double kurtosis) {
  const auto n = static_cast<double>(values.numel());
  const at::Tensor wide = values.to(at::kDouble);
  EXPECT_NEAR(wide.mean().item<double>(), 0, 5 * deviation / std::sqrt(n));
  const double variance = deviation * deviation;
  EXPECT_NEAR(wide.square().mean().item<double>(), variance, 5 * variance * std::sqrt((kurtosis - 1) / n));
}

TEST(InitializeWeights, DrawsFromTheDistributionsOfProxylessNas) {
  for (const auto& [name, tensor] : InitialState(SmallSpace(), true, 3)) {
    SCOPED_TRACE(name);
    if (tensor.dim() == 4) {
      const auto outgoing = static_cast<double>(tensor.size(0) * tensor.size(2) * tensor.size(3));
      ExpectMoments(tensor, std::sqrt(2 / outgoing), 3);
    } else if (tensor.dim() == 2) {
      const double bound = 1 / std::sqrt(static_cast<double>(tensor.size(1)));
      EXPECT_LE(tensor.abs().max().item<double>(), bound);
      ExpectMoments(tensor, bound / std::sqrt(3), 1.8);
    } else {
      const bool one = name.ends_with("norm.weight") || name.ends_with("running_var");
      ExpectSameBits(tensor, at::full(tensor.sizes(), one ? 1.0 : 0.0, at::kFloat));
    }
  }
}

TEST(InitializeWeights, DrawsFromWhatTheSpaceNames) {
  SpaceParts parts = SmallSpace().parts();
  parts.init = {ConvolutionInit::kFanIn, FullyConnectedInit::kNormal};
  for (const auto& [name, tensor] : InitialState(SearchSpace(parts), true, 3)) {
    SCOPED_TRACE(name);
    if (tensor.dim() == 4) {
      const double bound = 1 / std::sqrt(static_cast<double>(tensor.numel() / tensor.size(0)));
      EXPECT_LE(tensor.abs().max().item<double>(), bound);
      ExpectMoments(tensor, bound / std::sqrt(3), 1.8);
    } else if (tensor.dim() == 2) {
      ExpectMoments(tensor, 0.01, 3);
    }
  }
}

TEST(InitializeWeights, IsNormalBeyondItsVariance) {
  const SearchSpace space = SmallSpace();
  std::vector<at::Tensor> scaled;
  for (const auto& [name, tensor] : InitialState(space, false, 4)) {
    if (tensor.dim() != 4) continue;
    scaled.push_back((tensor / std::sqrt(2.0 / static_cast<double>(tensor.size(0) * tensor.size(2) * tensor.size(3))))
                         .contiguous()
                         .flatten());
  }
  const at::Tensor z = at::cat(scaled).to(at::kDouble);
  const auto n = static_cast<double>(z.numel());
  EXPECT_NEAR(z.pow(4).mean().item<double>(), 3, 5 * std::sqrt(96 / n));
  EXPECT_NEAR(z.abs().lt(1.959964).to(at::kDouble).mean().item<double>(), 0.95, 5 * std::sqrt(0.95 * 0.05 / n));
}

TEST(InitializeWeights, GivesTheSameBitsForTheSameSeedAndOthersForAnother) {
  const auto first = InitialState(SmallSpace(), false, 3), second = InitialState(SmallSpace(), false, 3);
  const auto other = InitialState(SmallSpace(), false, 4);
  for (const auto& [name, tensor] : first) {
    ExpectSameBits(tensor, second.at(name));
    if (tensor.dim() > 1) {
      EXPECT_FALSE(at::equal(tensor, other.at(name))) << name;
    }
  }
}

// A tensor's values depend on its name alone: not on the candidates beside it, nor on affine norms, nor on its type.
// Its tensors are tasks of the pool that thread_pool_test.cpp shows to be parallel.
TEST(InitializeWeights, GivesEveryTensorATaskOfItsOwn) {
  LendThreadPool();
  static int64_t tasks = 0;
  const kernels::ThreadPool lent =
      kernels::UseThreadPool({.threads = [] { return int64_t{2}; },
                              .run =
                                  [](const char*, int64_t count, const kernels::TaskRange& work) {
                                    tasks += count;
                                    work(0, count, 0);
                                  }});
  const auto network = std::make_shared<Supernet>(SmallSpace(), SupernetOptions{.affine = true});
  InitializeWeights(*network, 1);
  kernels::UseThreadPool(lent);
  EXPECT_EQ(tasks, static_cast<int64_t>(network->parameters().size()));
}

TEST(InitializeWeights, IsIndependentOfNeighbours) {
  const SearchSpace space = SmallSpace();
  const auto whole = InitialState(space, false, 3);
  const std::vector<size_t> choice(space.layers().size(), 3);
  const auto network = InitialState(space.Select(choice), true, 3);
  const auto in_double = InitialState(space.Select(choice), true, 3, at::kDouble);
  size_t shared = 0;
  for (const auto& [name, tensor] : network) {
    ExpectSameBits(in_double.at(name).to(at::kFloat), tensor);
    if (!whole.contains(name)) continue;
    ExpectSameBits(whole.at(name), tensor);
    ++shared;
  }
  EXPECT_GT(shared, 3 * space.layers().size());
}

// Two tensors of one shape do not share a stream.
TEST(InitializeWeights, GivesEveryTensorItsOwnValues) {
  const auto state = InitialState(SmallSpace(), false, 3);
  for (auto a = state.begin(); a != state.end(); ++a) {
    if (a->second.dim() < 2) continue;
    for (auto b = std::next(a); b != state.end(); ++b) {
      EXPECT_FALSE(at::equal(a->second, b->second)) << a->first << " and " << b->first;
    }
  }
}

}  // namespace
}  // namespace danas
