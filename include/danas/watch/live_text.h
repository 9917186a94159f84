// Text of several lines that is drawn over itself again and again on a terminal, without flicker: each line is written
// over the old one and cleared behind its end, in one write.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace danas {

class LiveText {
 public:
  // What to write for `text` to stand where the text before it stood. Lines are cut to `columns`, and those that `rows`
  // has no room for are left out, the last being for the cursor: a terminal that wraps or scrolls could not be drawn
  // over.
  std::string Draw(std::string_view text, size_t columns, size_t rows);

 private:
  size_t lines_ = 0;  // of the text that stands there
};

}  // namespace danas
