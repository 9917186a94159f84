#include "danas/train/evaluate.h"

namespace danas {

events::TestFields TestFieldsOf(const EvaluationResult& result, const std::vector<std::string>& class_ids) {
  events::TestFields fields{.images = result.images,
                            .loss = result.loss,
                            .top1 = result.top1,
                            .top5 = result.top5,
                            .seconds = result.seconds,
                            .keypoints = result.keypoints};
  for (size_t c = 0; c < result.per_class.size(); ++c) {
    fields.per_class[class_ids.at(c)] = {{"images", result.per_class[c].images},
                                         {"correct", result.per_class[c].correct}};
  }
  return fields;
}

}  // namespace danas
