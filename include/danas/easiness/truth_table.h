// A table of truth: what networks of a small space reach when each is trained (scripts/truth-table; the form of the
// file is in docs/file-formats.md).
#pragma once

#include <filesystem>
#include <vector>

#include "danas/arch/space.h"

namespace danas {

struct TrainedNetwork {
  std::vector<size_t> network;     // a candidate for each layer
  std::vector<double> accuracies;  // test top-1 of each training, share in [0, 1]
  std::vector<double> losses;      // test loss of each, in nats

  double accuracy() const;  // mean over the trainings
};

// The networks in the order in which they first appear in the file, each once. Throws FileError; ConfigError, with the
// line, for a file of another form, a network that is not of the space, a layer whose candidates the file names
// otherwise, or a file without trainings.
std::vector<TrainedNetwork> ReadTruthTable(const std::filesystem::path& path, const SearchSpace& space);

}  // namespace danas
