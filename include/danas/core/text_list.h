// Lists in messages: "a, b, c", all of them or the first few.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace danas {

std::string Joined(const std::vector<std::string>& texts, std::string_view between = ", ");

// Those that are not empty.
std::string JoinedNotEmpty(const std::vector<std::string>& texts, std::string_view between = ", ");

// "a, b, ...": the first `most`.
std::string FirstOf(const std::vector<std::string>& texts, size_t most);

// "a; b; and 7 more": the first `most`.
std::string FirstClausesOf(const std::vector<std::string>& texts, size_t most);

// "'a', 'b' and 7 more": the first `most`.
std::string FirstQuotedOf(const std::vector<std::string>& texts, size_t most);

}  // namespace danas
