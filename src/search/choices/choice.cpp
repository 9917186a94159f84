#include "choice.h"

#include <stdexcept>

namespace danas {

std::unique_ptr<Choice> MakeChoice(const TrainedBranch& trained) {
  switch (trained.inputs.config.search.final) {
    case FinalChoiceKind::kArgmax:
      return MakeArgmaxChoice(trained);
    case FinalChoiceKind::kSampled:
      return MakeSampledChoice(trained);
    case FinalChoiceKind::kScored:
      return MakeScoredChoice(trained);
  }
  throw std::invalid_argument("unknown final choice");
}

FinalChoice ChosenByFirst(const Ranks& ranks, const std::function<FinalChoice()>& choose) {
  const std::string text = ranks.FromFirst([&] {
    const FinalChoice choice = choose();
    return Json{choice.choice, choice.argmax, choice.bounded_by_budget, choice.cost, choice.argmax_cost, choice.sampled}
        .dump();
  });
  FinalChoice choice;
  const Json json = Json::parse(text);
  json.at(0).get_to(choice.choice);
  json.at(1).get_to(choice.argmax);
  json.at(2).get_to(choice.bounded_by_budget);
  json.at(3).get_to(choice.cost);
  json.at(4).get_to(choice.argmax_cost);
  json.at(5).get_to(choice.sampled);
  return choice;
}

}  // namespace danas
