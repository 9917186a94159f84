// Names in messages.
#pragma once

#include <string>
#include <vector>

namespace danas {

// "'a', 'b', 'c' and 7 more": the first five.
std::string ListNames(const std::vector<std::string>& names);

}  // namespace danas
