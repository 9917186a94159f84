// What a person follows a run on: lines that stay, and on a terminal one last line that is drawn again and again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace danas {

struct ScreenOptions {
  bool redraws = false;  // a terminal: the status line is shown
  size_t columns = 80;
  std::function<void(std::string_view)> write;  // bytes to show, in one piece
};

class Screen {
 public:
  explicit Screen(ScreenOptions options) : options_(std::move(options)) {}
  ~Screen() { ClearStatus(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  bool redraws() const { return options_.redraws; }
  // The status line is cut to this: one column stays free for the cursor, two for the ^C that a terminal shows.
  size_t status_columns() const { return options_.columns - std::min<size_t>(options_.columns, 3); }

  void Line(std::string_view text);    // stays; takes the status line's place
  void Status(std::string_view text);  // until the next Line(), Status() or ClearStatus(); nothing where !redraws
  void ClearStatus();                  // before others write to the terminal

 private:
  std::mutex mutex_;
  ScreenOptions options_;
  size_t status_width_ = 0;
};

// Standard error, at most 80 columns. Redraws on a terminal that is not "dumb".
ScreenOptions StandardErrorScreen();

}  // namespace danas
