// Somebody else's program on danas's libraries: the costs of a shipped space, and one of its networks run once.
#include <ATen/ATen.h>

#include <cstdio>
#include <vector>

#include "danas/arch/space_file.h"
#include "danas/cost/cost_model.h"
#include "danas/nn/supernet.h"

int main() {
  const danas::SearchSpace space = danas::LoadSpace("mobile").space;
  const danas::CostTable costs = danas::MakeCostTable(*danas::MakeMacsModel(), space);
  std::printf("%s: %.0f to %.0f MACs\n", space.name().c_str(), costs.Least(), costs.Most());

  const std::vector<size_t> first_candidates(space.layers().size(), 0);
  const auto network = danas::MakeNetwork(space.Select(first_candidates).WithInput({32, 32}));
  const at::Tensor logits_nc = network->forward(at::zeros({2, 3, 32, 32}));
  std::printf("logits: %d x %d\n", static_cast<int>(logits_nc.size(0)), static_cast<int>(logits_nc.size(1)));
}
