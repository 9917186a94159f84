// Points in time as danas writes them everywhere: UTC, to the second, "2026-01-31T12:00:00Z".
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace danas {

std::string FormatUtc(std::time_t time);

// None for any other text, and for a day or an hour that there is not.
std::optional<std::time_t> ParseUtc(std::string_view text);

}  // namespace danas
