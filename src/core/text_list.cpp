#include "danas/core/text_list.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace danas {
namespace {

struct Listed {
  std::string first;  // of them
  size_t left_out = 0;
};

Listed ListFirst(const std::vector<std::string>& texts, size_t most, std::string_view between) {
  const size_t shown = std::min(most, texts.size());
  const auto end = texts.begin() + static_cast<std::ptrdiff_t>(shown);
  return {.first = Joined({texts.begin(), end}, between), .left_out = texts.size() - shown};
}

}  // namespace

std::string Joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string joined;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) joined += between;
    joined += texts[i];
  }
  return joined;
}

std::string JoinedNotEmpty(const std::vector<std::string>& texts, std::string_view between) {
  std::vector<std::string> there;
  std::ranges::copy_if(texts, std::back_inserter(there), [](const std::string& text) { return !text.empty(); });
  return Joined(there, between);
}

std::string FirstOf(const std::vector<std::string>& texts, size_t most) {
  const auto [first, left_out] = ListFirst(texts, most, ", ");
  return left_out > 0 ? first + ", ..." : first;
}

std::string FirstClausesOf(const std::vector<std::string>& texts, size_t most) {
  const auto [first, left_out] = ListFirst(texts, most, "; ");
  return left_out > 0 ? first + "; and " + std::to_string(left_out) + " more" : first;
}

std::string FirstQuotedOf(const std::vector<std::string>& texts, size_t most) {
  const auto [first, left_out] = ListFirst(texts, most, "', '");
  const std::string quoted = texts.empty() ? "" : "'" + first + "'";
  return left_out > 0 ? quoted + " and " + std::to_string(left_out) + " more" : quoted;
}

}  // namespace danas
