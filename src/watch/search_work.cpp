#include "search_work.h"

#include <algorithm>

#include "src/watch/json_value.h"

namespace danas {

SearchWork::SearchWork(const Json& search_start) {
  for (const Json& phase : ListAt(search_start, "phases")) {
    const double macs = NumberAt(phase, "macs_per_image").value_or(0);
    // Logs of before paths had one number for both passes.
    const double alpha_macs = NumberAt(phase, "alpha_macs_per_image").value_or(macs);
    phases_.push_back({.name = TextAt(phase, "phase").value_or(""),
                       .classes = IntegerAt(phase, "classes"),
                       .epochs = IntegerAt(phase, "epochs"),
                       .of_epoch = 3 * macs * NumberAt(phase, "weight_images").value_or(0) +
                                   2 * alpha_macs * NumberAt(phase, "architecture_images").value_or(0) *
                                       NumberAt(phase, "alpha_passes").value_or(1),
                       .of_scoring = NumberAt(phase, "scoring_macs").value_or(0)});
    total_ += phases_.back().Whole();
  }
  total_ += NumberAt(search_start, "final_macs").value_or(0);
}

size_t SearchWork::IndexOf(const Json& epoch) const {
  const std::string name = TextAt(epoch, "phase").value_or("");
  const auto found = std::find_if(phases_.begin(), phases_.end(), [&](const PhaseWork& p) { return p.name == name; });
  return static_cast<size_t>(found - phases_.begin());
}

RunPosition SearchWork::After(const Json* epoch) const {
  size_t index = 0;
  int64_t number = 1;
  if (epoch != nullptr) {
    index = IndexOf(*epoch);
    number = IntegerAt(*epoch, "epoch") + 1;
  }
  while (index + 1 < phases_.size() && number > phases_[index].epochs) {
    ++index;
    number = 1;
  }
  if (index >= phases_.size()) return {};
  const PhaseWork& phase = phases_[index];
  return {.phase = phase.name,
          .phase_number = static_cast<int64_t>(index) + 1,
          .phases = static_cast<int64_t>(phases_.size()),
          .classes = phase.classes,
          .epoch = std::min(number, phase.epochs),
          .epochs = phase.epochs};
}

double SearchWork::Done(const Json* epoch) const {
  if (epoch == nullptr) return 0;
  const size_t index = IndexOf(*epoch);
  if (index >= phases_.size()) return 0;
  double done = 0;
  for (size_t i = 0; i < index; ++i) done += phases_[i].Whole();
  return done + static_cast<double>(IntegerAt(*epoch, "epoch")) * phases_[index].of_epoch;
}

double SearchWork::ShareAfter(const Json* epoch) const {
  return total_ > 0 ? std::clamp(Done(epoch) / total_, 0.0, 1.0) : 0;
}

std::optional<double> SearchWork::SecondsLeft(const std::vector<Json>& events) const {
  constexpr int kEpochs = 5;
  double seconds = 0, work = 0;
  const Json* last = nullptr;
  int epochs = 0;
  for (auto event = events.rbegin(); event != events.rend() && epochs < kEpochs; ++event) {
    if (event->at("event") != "epoch") continue;
    const size_t index = IndexOf(*event);
    const Json* timing = ObjectAt(*event, "timing");
    if (index >= phases_.size() || timing == nullptr) continue;
    if (last == nullptr) last = &*event;
    seconds += NumberAt(*timing, "seconds").value_or(0);
    work += phases_[index].of_epoch;
    ++epochs;
  }
  if (seconds <= 0 || work <= 0) return std::nullopt;
  return std::max(0.0, total_ - Done(last)) * seconds / work;
}

}  // namespace danas
