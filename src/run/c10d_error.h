// What c10d and Gloo say of a failure, in a form fit for danas's own messages.
#pragma once

#include <algorithm>
#include <exception>
#include <string>

namespace danas {

// The first sentence, without the place in torch's or Gloo's source that it begins with.
inline std::string FirstSentenceOf(const std::exception& error) {
  std::string text = error.what();
  text.resize(std::min(text.find('\n'), text.size()));
  if (text.starts_with("[")) text.erase(0, std::min(text.find("] ") + 2, text.size()));
  text.resize(std::min(text.find(". "), text.size()));
  return text;
}

}  // namespace danas
