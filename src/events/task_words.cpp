#include "danas/events/task_words.h"

#include "danas/core/units.h"

namespace danas::events {

TaskWords WordsOf(const std::optional<std::string>& task) {
  if (task != kKeypointsTask) return {};
  return {.accuracy = "PCK",
          .sample = "person",
          .loss_unit = "thousandths",
          .loss_factor = 1000,
          .exponent = "e-3",
          .classes = false};
}

std::string LossText(const TaskWords& words, double loss, int decimals) {
  return FormatDecimals(words.loss_factor * loss, decimals) + words.exponent;
}

std::string LossAndAccuracyText(const TaskWords& words, double loss, double accuracy) {
  return "loss " + LossText(words, loss) + ", " + words.accuracy + " " + FormatPercent(accuracy);
}

std::string PrecisionText(double average) {
  return average >= 0 ? FormatDecimals(average, 3) : "–";  // nor what a log does not say
}

std::string TestText(double accuracy, const std::optional<KeypointFields>& keypoints) {
  const std::string share = FormatPercent(accuracy, 2);
  return keypoints ? "AP " + PrecisionText(keypoints->ap) + ", PCK " + share : "top-1 " + share;
}

}  // namespace danas::events
