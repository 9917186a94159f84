// What the numbers of a run are called, which depends on what its networks learn: `task` of its first event
// (docs/events.md). Whatever shows a run takes its words from here.
#pragma once

#include <optional>
#include <string>

#include "danas/events/training_events.h"

namespace danas::events {

inline constexpr const char* kKeypointsTask = "keypoints";  // as the config's

struct TaskWords {
  std::string accuracy = "top-1";  // what is called top1 and accuracy in events
  std::string sample = "image";    // what it is a mean over
  std::string loss_unit = "nats";  // of a loss times `loss_factor`
  double loss_factor = 1;          // squared errors of heat maps are small
  std::string exponent;            // of numbers without a unit: "e-3"
  bool classes = true;             // samples have one each, and a schedule brings them in

  bool operator==(const TaskWords&) const = default;
};

// Absent, or of a later danas: as classification's.
TaskWords WordsOf(const std::optional<std::string>& task);

// "1.234", "3.912e-3"
std::string LossText(const TaskWords& words, double loss, int decimals = 3);

// "loss 1.234, top-1 56.7 %"
std::string LossAndAccuracyText(const TaskWords& words, double loss, double accuracy);

// "0.684"; "–" for the -1 that stands for no person.
std::string PrecisionText(double average);

// "top-1 83.15 %", or of key-points "AP 0.684, PCK 71.20 %".
std::string TestText(double accuracy, const std::optional<KeypointFields>& keypoints);

}  // namespace danas::events
