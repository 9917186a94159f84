#include "known_scores.h"

#include "danas/search/budgets.h"

namespace danas {

KnownScores::KnownScores(const SearchState& state, size_t number) : state_(state) {
  for (size_t b = 0; b < number; ++b) {
    const Branch& other = state.branches[b];
    const FinalScores& scores = other.final_scores;
    for (size_t n = 0; n < scores.networks.size(); ++n) networks_[InSupernet(other, scores.networks[n])] = {b, n};
    for (size_t f = 0; f < scores.finalists.size(); ++f) finalists_[InSupernet(other, scores.finalists[f])] = {b, f};
  }
}

std::optional<KnownScores::Score> KnownScores::OfNetwork(const Branch& branch,
                                                         const std::vector<size_t>& network) const {
  const auto before = networks_.find(InSupernet(branch, network));
  if (before == networks_.end()) return std::nullopt;
  const FinalScores& there = state_.branches[before->second.branch].final_scores;
  return Score{.loss = there.losses[before->second.place], .accuracy = there.accuracies[before->second.place]};
}

std::optional<KnownScores::FinalistScore> KnownScores::OfFinalist(const Branch& branch,
                                                                  const std::vector<size_t>& network) const {
  const auto before = finalists_.find(InSupernet(branch, network));
  if (before == finalists_.end()) return std::nullopt;
  const FinalScores& there = state_.branches[before->second.branch].final_scores;
  const size_t place = before->second.place;
  return FinalistScore{.loss_1n = there.finalist_loss_fn.narrow(0, static_cast<int64_t>(place), 1),
                       .accuracy = there.finalist_accuracies[place]};
}

}  // namespace danas
