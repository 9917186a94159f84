// Numbers as people write and read them: "323M" multiply-accumulates, "1.5 GiB", "2 h 05 min".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace danas {

// "323M" -> 323e6. Suffixes k, M, G, T (powers of 1000); plain and exponent forms too ("3.2e8").
// Throws ConfigError for anything else, for negative numbers and for values that are not finite.
double ParseCount(std::string_view text);

std::string FormatCount(double count);        // 322918720 -> "322.9M"
std::string FormatBytes(double bytes);        // 1610612736 -> "1.5 GiB"
std::string FormatDuration(double seconds);   // 7500 -> "2 h 05 min", 62 -> "1 min 02 s", 0.25 -> "0.25 s"
std::string FormatThousands(int64_t number);  // 1234567 -> "1,234,567"
std::string FormatDecimals(double value, int decimals);
std::string FormatPercent(double share, int decimals = 1);  // 0.123 -> "12.3 %"
std::string FormatPercentDone(double share);                // rounded down: 0.999 -> "99 %"; 100 % is for what is done

// A cost in its unit: "322.9M MACs", "12.35 ms", "5.4 MiB" (unit "bytes"); and without it, but for bytes.
std::string FormatCost(double cost, const std::string& unit, int ms_decimals = 2);
std::string FormatCostNumber(double cost, const std::string& unit, int ms_decimals = 2);

// The Levenshtein distance, used to suggest the key or name that was meant.
size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, or "" where none is near enough to be what was meant.
std::string NearestName(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace danas
