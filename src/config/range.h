// A field's range as a check and as words.
#pragma once

#include <string>
#include <vector>

#include "danas/config/describe.h"
#include "danas/core/json.h"

namespace danas {

bool InRange(double value, const FieldInfo& info);

// "in [0, 1]", "above 0", "of at least 1"; "" where every number will do.
std::string RangeText(const FieldInfo& info);

// The shortest decimal text that reads back to the same number.
std::string NumberText(double value);

// A whole number where it is one.
Json JsonOf(const Count& count);
Json JsonOf(const std::vector<Count>& counts);

}  // namespace danas
