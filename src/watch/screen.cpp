#include "danas/watch/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "danas/report/text_table.h"

namespace danas {
namespace {

// A terminal that went away must not end a run of days: what cannot be shown is dropped.
void WriteToStandardError(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

// With a ^C behind it.
std::string Erased(size_t width) { return width == 0 ? "" : "\r" + std::string(width + 2, ' ') + "\r"; }

}  // namespace

void Screen::Line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  options_.write(Erased(status_width_) + std::string(text) + "\n");
  status_width_ = 0;
}

void Screen::Status(std::string_view text) {
  if (!options_.redraws) return;
  const std::lock_guard lock(mutex_);
  // Written over the old one, padded with spaces: an erased line would flicker.
  const std::string shown = CutToWidth(text, status_columns());
  const size_t width = DisplayWidth(shown);
  const std::string padding(std::max(status_width_, width) - width, ' ');
  options_.write("\r" + shown + padding);
  status_width_ = width;
}

void Screen::ClearStatus() {
  const std::lock_guard lock(mutex_);
  if (status_width_ > 0) options_.write(Erased(status_width_));
  status_width_ = 0;
}

ScreenOptions StandardErrorScreen() {
  ScreenOptions options;
  const char* terminal = std::getenv("TERM");
  options.redraws = ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
  winsize size{};
  if (options.redraws && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.columns = std::min<size_t>(80, size.ws_col);
  }
  options.write = WriteToStandardError;
  return options;
}

}  // namespace danas
