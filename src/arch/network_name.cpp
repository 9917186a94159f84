#include "danas/arch/network_name.h"

#include <algorithm>
#include <charconv>

#include "danas/core/error.h"

namespace danas {

std::string NetworkName(const std::vector<size_t>& network) {
  std::string name;
  for (const size_t candidate : network) name += (name.empty() ? "" : "-") + std::to_string(candidate);
  return name;
}

std::vector<size_t> ParseNetworkName(std::string_view name, const SearchSpace& space, const std::string& where) {
  const auto fail = [&](const std::string& why) {
    throw ConfigError(where + ": the network '" + std::string(name) + "' " + why);
  };
  std::vector<size_t> network;
  const char* at = name.data();
  const char* const end = at + name.size();
  for (;;) {
    size_t candidate = 0;
    const auto [next, error] = std::from_chars(at, end, candidate);
    if (error != std::errc() || (next != end && *next != '-')) {
      fail("is not a list of candidates' indices joined by '-', such as 0-2-1");
    }
    network.push_back(candidate);
    if (next == end) break;
    at = next + 1;
  }
  if (network.size() != space.layers().size()) {
    fail("has " + std::to_string(network.size()) + " layers; the space " + space.name() + " has " +
         std::to_string(space.layers().size()));
  }
  for (size_t l = 0; l < network.size(); ++l) {
    const size_t count = space.layers()[l].candidates.size();
    if (network[l] >= count) {
      fail("uses candidate " + std::to_string(network[l]) + " in layer " + std::to_string(l) + ", which has " +
           std::to_string(count) + " (from 0)");
    }
  }
  return network;
}

std::vector<size_t> ChoiceOf(const SearchSpace& network, const SearchSpace& space, const std::string& where) {
  if (network.layers().size() != space.layers().size()) {
    throw ConfigError(where + ": a network of " + std::to_string(network.layers().size()) + " layers; the space " +
                      space.name() + " has " + std::to_string(space.layers().size()));
  }
  if (network.channel_order() != space.channel_order() && ShufflesChannels(network)) {
    throw ConfigError(where + ": a network with the channel_order '" + NameOf(network.channel_order()) +
                      "'; that of the space " + space.name() + " is '" + NameOf(space.channel_order()) + "'");
  }
  std::vector<size_t> choice;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerSpec &taken = network.layers()[l], &layer = space.layers()[l];
    const auto place = std::ranges::find(layer.candidates, taken.candidates.front());
    if (taken.candidates.size() != 1 || taken.shape != layer.shape || place == layer.candidates.end()) {
      throw ConfigError(where + ": " + DescribeLayer(l, taken.shape) + ", " + CandidateName(taken.candidates.front()) +
                        ": not in the space " + space.name() + ", where this layer is " +
                        DescribeLayer(l, layer.shape) + " with " + std::to_string(layer.candidates.size()) +
                        " candidates");
    }
    choice.push_back(static_cast<size_t>(place - layer.candidates.begin()));
  }
  return choice;
}

}  // namespace danas
