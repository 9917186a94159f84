// Networks that end in heat maps, with the supernet's weights, as scoring walks them.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "danas/arch/heat_map_head.h"
#include "src/search/subnet_runner.h"
#include "tests/nn/nn_support.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

TEST(SubnetRunner, GivesTheHeatMapsOfEveryNetwork) {
  const SearchSpace space =
      WithHeatMapHead(test::SpaceWithCounts({2, 3}),
                      {.key_points = 5, .input = {8, 6}, .layers = 2, .channels = 8, .groups = {1, 2, 4}});
  const auto supernet = std::make_shared<Supernet>(space, SupernetOptions{});
  test::RandomiseState(*supernet, 3);
  const at::Tensor images = test::RandomImages({6, 3, 8, 6}, 5);
  const std::vector<std::vector<size_t>> networks = {{0, 1, 0, 2}, {0, 1, 2, 0}, {1, 2, 1, 1}};
  std::vector<at::Tensor> found;
  {
    SubnetRunner runner(*supernet, networks, {});
    for (SubnetRunner::Walk walk = runner.Average(images); walk.Next();) {
    }
    for (SubnetRunner::Walk walk = runner.Run(images); walk.Next();) found.push_back(walk.Logits());
  }
  ASSERT_EQ(found.size(), networks.size());
  for (size_t n = 0; n < networks.size(); ++n) {
    std::vector<LayerChoice> choices;
    for (const size_t path : networks[n]) choices.push_back({.path = path});
    Recalibrate(*supernet, choices, {images});
    const at::NoGradGuard no_gradient;
    const at::Tensor expected = supernet->forward(images, choices);
    EXPECT_EQ(expected.sizes(), (std::vector<int64_t>{6, 5, 32, 24}));
    test::ExpectClose(found[n], expected, 1e-5 * expected.abs().max().item<double>());
  }
}

}  // namespace
}  // namespace danas
