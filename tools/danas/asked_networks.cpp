#include "asked_networks.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include "danas/arch/genotype.h"
#include "danas/arch/network_name.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/cost/band_count.h"
#include "danas/cost/band_sampler.h"

namespace danas {
namespace {

constexpr size_t kMostNetworks = 1'000'000;  // in memory; hours to score

std::vector<size_t> ChoiceOfJson(const Json& json, const SearchSpace& space, const std::string& where) {
  return ChoiceOf(GenotypeFromJson(json, where).network, space, where);
}

}  // namespace

Networks ReadNetworks(const std::filesystem::path& path, const SearchSpace& space) {
  const std::string text = ReadFile(path);
  Networks networks;
  if (const Json whole = ParseJson(text); whole.is_object()) {
    networks.push_back(ChoiceOfJson(whole, space, path.string()));
  } else if (whole.is_array()) {
    for (const Json& json : whole) {
      networks.push_back(ChoiceOfJson(json, space, path.string() + ", network " + std::to_string(networks.size())));
    }
  } else {
    std::istringstream lines(text);
    int64_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      const std::string where = path.string() + ", line " + std::to_string(++number);
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
      if (line.empty()) continue;
      if (line.front() != '{') {
        networks.push_back(ParseNetworkName(line, space, where));
        continue;
      }
      const Json json = ParseJson(line);
      if (json.is_discarded()) throw ConfigError(where + " is not valid JSON");
      networks.push_back(ChoiceOfJson(json, space, where));
    }
  }
  if (networks.empty()) throw ConfigError(path.string() + " contains no networks");
  return networks;
}

Networks EveryNetwork(const CostTable& costs, const CostBand& band) { return AllNetworks(costs, band, kMostNetworks); }

Networks SampleNetworks(const CostTable& costs, const CostBand& band, int64_t count, int64_t seed) {
  const double there = CountNetworks(costs, band);
  if (there > 0 && there <= static_cast<double>(count)) return EveryNetwork(costs, band);
  const BandSampler sampler(costs, band);
  Networks networks;
  std::set<std::vector<size_t>> drawn;
  const double most_draws = 100 * std::max(there, static_cast<double>(count));  // a draw may repeat an earlier one
  for (uint64_t draw = 0; std::ssize(networks) < count && static_cast<double>(draw) < most_draws; ++draw) {
    RandomStream stream(static_cast<uint64_t>(seed), "rank", {draw});
    const std::vector<size_t> network = sampler.Draw(stream);
    if (drawn.insert(network).second) networks.push_back(network);
  }
  return networks;
}

}  // namespace danas
