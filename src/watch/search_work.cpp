#include "search_work.h"

#include <algorithm>
#include <cmath>

#include "danas/core/pass_work.h"
#include "danas/events/run_log.h"

namespace danas {

SearchWork::SearchWork(const events::SearchStart& start) {
  for (const events::PlannedPhase& phase : start.phases) {
    const EpochWork epoch{.macs_per_image = phase.macs_per_image,
                          .weight_images = phase.weight_images,
                          .alpha_macs_per_image = phase.alpha_macs_per_image.value_or(phase.macs_per_image),
                          .architecture_images = phase.architecture_images,
                          .alpha_passes = phase.alpha_passes.value_or(1)};
    phases_.push_back({.name = phase.phase,
                       .classes = phase.classes,
                       .epochs = phase.epochs,
                       .of_epoch = WorkOfEpoch(epoch),
                       .of_scoring = phase.scoring_macs.value_or(0)});
    total_ += phases_.back().Whole();
  }
  total_ += start.final_macs.value_or(0);
}

size_t SearchWork::IndexOf(const events::SearchEpoch& epoch) const {
  const auto found = std::ranges::find(phases_, epoch.phase, &PhaseWork::name);
  return static_cast<size_t>(found - phases_.begin());
}

RunPosition SearchWork::After(const std::optional<events::SearchEpoch>& epoch) const {
  size_t index = 0;
  int64_t number = 1;
  if (epoch) {
    index = IndexOf(*epoch);
    number = epoch->epoch + 1;
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

double SearchWork::Done(const std::optional<events::SearchEpoch>& epoch) const {
  if (!epoch) return 0;
  const size_t index = IndexOf(*epoch);
  if (index >= phases_.size()) return 0;
  double done = 0;
  for (size_t i = 0; i < index; ++i) done += phases_[i].Whole();
  return done + static_cast<double>(epoch->epoch) * phases_[index].of_epoch;
}

double SearchWork::ShareAfter(const std::optional<events::SearchEpoch>& epoch) const {
  return total_ > 0 ? std::clamp(Done(epoch) / total_, 0.0, 1.0) : 0;
}

std::optional<double> SearchWork::SecondsLeft(const std::vector<Json>& log) const {
  constexpr int kEpochs = 5;
  double seconds = 0, work = 0;
  std::optional<events::SearchEpoch> last;
  int epochs = 0;
  for (auto line = log.rbegin(); line != log.rend() && epochs < kEpochs; ++line) {
    if (!events::Is<events::SearchEpoch>(*line)) continue;
    events::SearchEpoch epoch = events::Read<events::SearchEpoch>(*line).value;
    const size_t index = IndexOf(epoch);
    if (index >= phases_.size() || !epoch.timing) continue;
    if (!std::isnan(epoch.timing->seconds)) seconds += epoch.timing->seconds;
    work += phases_[index].of_epoch;
    if (!last) last = std::move(epoch);
    ++epochs;
  }
  if (seconds <= 0 || work <= 0) return std::nullopt;
  return std::max(0.0, total_ - Done(last)) * seconds / work;
}

}  // namespace danas
