// A network of a space as text: one candidate's index (from 0) for every layer, layers in order: "0-2-1-0".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "danas/arch/space.h"

namespace danas {

std::string NetworkName(const std::vector<size_t>& network);

// Throws ConfigError, which begins with `where`, for a text of another form or a network that is not of the space.
std::vector<size_t> ParseNetworkName(std::string_view name, const SearchSpace& space, const std::string& where);

// The candidates of `space` that `network`, a space with one candidate in each layer, consists of. Throws ConfigError,
// which begins with `where`, and names the first layer that is not the space's.
std::vector<size_t> ChoiceOf(const SearchSpace& network, const SearchSpace& space, const std::string& where);

}  // namespace danas
