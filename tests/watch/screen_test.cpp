#include "danas/watch/screen.h"

#include <gtest/gtest.h>

#include "danas/report/text_table.h"

namespace danas {
namespace {

// What a terminal of one line shows after these bytes: '\r' goes to the start, '\n' clears.
std::string Shown(const std::string& bytes) {
  std::string line;
  size_t at = 0;
  for (const char c : bytes) {
    if (c == '\r') {
      at = 0;
    } else if (c == '\n') {
      line.clear();
      at = 0;
    } else {
      if (at == line.size()) line += ' ';
      line[at++] = c;
    }
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

struct Recorded {
  std::string bytes;
  int writes = 0;
  ScreenOptions Options(bool redraws) {
    return {.redraws = redraws, .columns = 20, .write = [this](std::string_view text) {
              bytes += text;
              ++writes;
            }};
  }
};

TEST(Screen, AShorterStatusLeavesNothingOfTheLongerOne) {
  Recorded recorded;
  Screen screen(recorded.Options(true));
  screen.Status("a longer status");
  EXPECT_EQ(Shown(recorded.bytes), "a longer status");
  screen.Status("short");
  EXPECT_EQ(Shown(recorded.bytes), "short");
  EXPECT_EQ(recorded.writes, 2) << "each in one piece, so that nothing flickers";
}

TEST(Screen, ALineTakesTheStatusLinesPlace) {
  Recorded recorded;
  Screen screen(recorded.Options(true));
  screen.Status("a longer status");
  recorded.bytes += "|";
  screen.Line("done");
  const std::string after = recorded.bytes.substr(recorded.bytes.find('|') + 1);
  EXPECT_EQ(Shown(after.substr(0, after.size() - 1)), "done");
  EXPECT_EQ(after.back(), '\n');
}

TEST(Screen, StatusStaysInsideTheTerminal) {
  Recorded recorded;
  Screen screen(recorded.Options(true));
  screen.Status("0123456789012345678901234567890");
  EXPECT_EQ(DisplayWidth(Shown(recorded.bytes)), 17u);
  Screen({.redraws = true, .columns = 1, .write = recorded.Options(true).write}).Status("narrow");
}

TEST(Screen, CtrlCLeavesNothingBehind) {
  Recorded recorded;
  Screen screen(recorded.Options(true));
  screen.Status(std::string(screen.status_columns(), 'x'));
  recorded.bytes += "^C";
  EXPECT_LE(DisplayWidth(Shown(recorded.bytes)), 19u) << "no wrap, which '\\r' could not undo";
  screen.ClearStatus();
  EXPECT_EQ(Shown(recorded.bytes), "");
}

TEST(Screen, WithoutATerminalThereAreLinesAlone) {
  Recorded recorded;
  {
    Screen screen(recorded.Options(false));
    screen.Status("status");
    screen.Line("line");
    screen.ClearStatus();
  }
  EXPECT_EQ(recorded.bytes, "line\n");
}

}  // namespace
}  // namespace danas
