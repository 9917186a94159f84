// What a test of a network says: loss and accuracies.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "danas/events/training_events.h"
#include "danas/train/pass.h"

namespace danas {

struct ClassAccuracy {
  int64_t images = 0;
  int64_t correct = 0;  // by the most likely class
};

// What was found in an image of a test, drawn on it.
struct TestPicture {
  std::string name;                            // of its file: "000000000139.jpg"
  std::function<std::vector<uint8_t>()> jpeg;  // made when it is asked for. Throws DataError where it cannot be read
};

struct EvaluationResult {
  int64_t images = 0;
  double loss = 0;                            // mean cross-entropy in nats, without smoothing
  double top1 = 0;                            // share of images, in [0, 1]; PCK of key-points
  std::optional<double> top5 = {};            // among min(5, classes)
  std::vector<ClassAccuracy> per_class = {};  // by target: the dataset's own order, unless the loader's subset reorders
  double seconds = 0;
  std::optional<events::KeypointFields> keypoints = {};
  std::vector<TestPicture> pictures = {};  // on the first rank, of a task that has some
};

struct EvaluationOptions {
  PassOptions pass = {};  // a loss that is not finite stops
  int64_t classes = 0;    // the first so many of the logits
  RuntimeConfig runtime = {};
};

// As a log has it: `per_class` in the order of the ids. As many ids as classes.
events::TestFields TestFieldsOf(const EvaluationResult& result, const std::vector<std::string>& class_ids);

}  // namespace danas
