// Judgements from logits that are made up.
#pragma once

#include <string>
#include <vector>

#include "danas/core/random.h"
#include "danas/easiness/network_judgement.h"

namespace danas::test {

inline std::vector<std::string> ClassNames(int classes) {
  std::vector<std::string> names;
  for (int c = 0; c < classes; ++c) names.push_back("class" + std::to_string(c));
  return names;
}

struct LabelledLogits {
  int label = 0;
  std::vector<float> logits;
};

// Images of every class in turn; class c is recognised the better the smaller c is.
inline std::vector<LabelledLogits> RandomLogits(int classes, int images, uint64_t seed) {
  RandomStream stream(seed, "logits");
  std::vector<LabelledLogits> result;
  for (int i = 0; i < images; ++i) {
    LabelledLogits image{.label = i % classes, .logits = {}};
    for (int k = 0; k < classes; ++k) image.logits.push_back(static_cast<float>(stream.Normal()));
    image.logits[static_cast<size_t>(image.label)] += 5.0F * static_cast<float>(classes - image.label) / classes;
    result.push_back(image);
  }
  return result;
}

inline NetworkJudgement Judge(const std::string& network, const std::vector<LabelledLogits>& images, int classes,
                              int64_t bins = 50) {
  JudgementTally tally(network, ClassNames(classes), bins);
  for (const LabelledLogits& image : images) tally.Add(image.label, image.logits);
  return tally.Finish();
}

}  // namespace danas::test
