// The lines of a YAML text as a person lays them out: indentation, keys, list items, brackets and quotes. Enough to say
// which line breaks the layout; values are yaml-cpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "danas/core/text_fault.h"

namespace danas {

// The first line, up to `last_line` (from 1), that cannot stand where it stands, with its fault. Only asked for texts
// that are known to be wrong: of YAML's rarer forms (complex keys, comments within texts over several lines) some are
// taken for faults.
std::optional<TextFault> FindMisleadingLine(std::string_view text, int64_t last_line);

}  // namespace danas
