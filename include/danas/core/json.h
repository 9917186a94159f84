// JSON as danas uses it everywhere: keys keep the order in which they were written.
#pragma once

#include <nlohmann/json.hpp>

namespace danas {

using Json = nlohmann::ordered_json;

}  // namespace danas
