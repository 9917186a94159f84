// What a file is that was taken for weights and holds none that can be read: recognised by its first bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace danas {

// "is an HTML page, which a server sent instead of the weights. Fetch the file again": a sentence to follow the file's
// name, for each kind that people hand over by mistake; "" for what is none of them.
std::string DescribeForeignFile(std::span<const uint8_t> bytes);

// The same of a zip archive that holds entries of these names.
std::string DescribeForeignZip(const std::vector<std::string_view>& names);

}  // namespace danas
