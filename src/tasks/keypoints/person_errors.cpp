#include "danas/tasks/keypoints/person_errors.h"

#include "danas/tasks/keypoints/oks.h"
#include "danas/tasks/keypoints/sigmas.h"

namespace danas {

std::vector<std::optional<double>> PersonErrors(const PersonsFound& found, const DatasetIndex& set,
                                                const KeypointsConfig& config) {
  const std::vector<double> sigmas = SigmasOf(config, set.persons->layout);
  std::vector<std::optional<double>> errors(set.persons->persons.size());
  for (size_t i = 0; i < found.all.size(); ++i) {
    const auto sample = static_cast<size_t>(found.boxes[i]);
    errors[sample] = 1 - KeypointSimilarity(set.persons->persons[sample], found.all[i].keypoints, sigmas);
  }
  return errors;
}

}  // namespace danas
