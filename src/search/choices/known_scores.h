// What the branches before one have scored: where several budgets keep the same network, it is scored once.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "danas/search/search_state.h"

namespace danas {

class KnownScores {
 public:
  // Of those before the branch `number`, whose final choices are over.
  KnownScores(const SearchState& state, size_t number);

  struct Score {
    double loss = 0;
    double accuracy = 0;
  };
  struct FinalistScore {
    at::Tensor loss_1n;  // a row, an image each
    double accuracy = 0;
  };

  // Of a network of `branch`; none where no branch before it has scored it.
  std::optional<Score> OfNetwork(const Branch& branch, const std::vector<size_t>& network) const;
  std::optional<FinalistScore> OfFinalist(const Branch& branch, const std::vector<size_t>& network) const;

 private:
  struct Place {
    size_t branch = 0;
    size_t place = 0;
  };
  using Places = std::map<std::vector<size_t>, Place>;  // of networks of the run's supernet

  const SearchState& state_;
  Places networks_, finalists_;
};

}  // namespace danas
