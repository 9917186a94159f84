// Structures of arrays in MATLAB's MAT-file of level 5 (MathWorks, "MAT-File Format"), as ImageNet's development kit
// describes its classes.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace danas {

// A field of one element of a structure array: text, or the first number of an array (0 for an empty one).
using MatValue = std::variant<std::string, double>;
using MatStruct = std::vector<std::map<std::string, MatValue>>;

// The structure array `name`. Fields that hold anything but text or numbers are left out. Throws DataError that opens
// with `file` for another format, damage, or a missing name.
MatStruct ReadMatStruct(std::span<const uint8_t> bytes, const std::string& name, const std::string& file);

}  // namespace danas
