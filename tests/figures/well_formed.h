// Whether a figure is XML.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace danas::test {

// "" where `text` is one well-formed element (of XML without comments, instructions and CDATA), else what is wrong.
inline std::string WhyNotWellFormed(std::string_view text) {
  std::vector<std::string> open;
  size_t at = 0;
  bool closed = false;
  while (at < text.size()) {
    const size_t bracket = text.find('<', at);
    const std::string_view between = text.substr(at, bracket == std::string_view::npos ? bracket : bracket - at);
    if (open.empty() && between.find_first_not_of(" \n") != std::string_view::npos) return "text outside the element";
    if (between.find('>') != std::string_view::npos) return "a bare >";
    for (size_t i = between.find('&'); i != std::string_view::npos; i = between.find('&', i + 1)) {
      const std::string_view entity = between.substr(i, between.find(';', i) - i);
      if (!std::set<std::string_view>{"&amp", "&lt", "&gt", "&quot"}.contains(entity)) return "a bare &";
    }
    if (bracket == std::string_view::npos) break;
    if (closed) return "a second element";
    const size_t end = text.find('>', bracket);
    if (end == std::string_view::npos) return "a tag without end";
    std::string_view tag = text.substr(bracket + 1, end - bracket - 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "an odd number of quotes";
    if (tag.find('<') != std::string_view::npos) return "a < in a tag";
    const std::string name(
        tag.substr(tag.front() == '/' ? 1 : 0, tag.find_first_of(" /", 1) - (tag.front() == '/' ? 1 : 0)));
    if (tag.front() == '/') {
      if (open.empty() || open.back() != name) return "</" + name + "> closes another";
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    closed = open.empty();
    at = end + 1;
  }
  return open.empty() ? "" : open.back() + " is left open";
}

}  // namespace danas::test
