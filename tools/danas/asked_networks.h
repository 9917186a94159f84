// The networks that a `rank` command line asks for, as candidates of a space.
#pragma once

#include <filesystem>
#include <vector>

#include "danas/arch/space.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

using Networks = std::vector<std::vector<size_t>>;

// Of a file: one best.json, a JSON array of such genotypes, one genotype per line, or one name per line ("0-2-1").
// Throws FileError, and ConfigError with the location for anything that is not a network of the space.
Networks ReadNetworks(const std::filesystem::path& path, const SearchSpace& space);

// Every network of the band, in order; ConfigError if there are too many to score.
Networks EveryNetwork(const CostTable& costs, const CostBand& band);

// `count` different networks drawn uniformly from the band, by the stream ("rank", draw) of the seed; all if there are
// fewer.
Networks SampleNetworks(const CostTable& costs, const CostBand& band, int64_t count, int64_t seed);

}  // namespace danas
