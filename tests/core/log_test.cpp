#include "danas/core/log.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ReadText;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

// Leaves the log as it was found.
class LogFileTest : public testing::Test {
 protected:
  ~LogFileTest() override { SetUpLog(Verbosity::kNormal); }

  test::TempDir folder_;
};

TEST_F(LogFileTest, HoldsWhatWasSaidBeforeToo) {
  SetUpLog(Verbosity::kNormal);
  log::info("before");
  LogToFileAsWell(folder_ / "run.log");
  log::warn("after");
  EXPECT_THAT(ReadText(folder_ / "run.log"),
              MatchesRegex("[0-9-]+T[0-9:]+Z info: before\n[0-9-]+T[0-9:]+Z warning: after\n"));
}

TEST_F(LogFileTest, InfosAreKeptWhereTheTerminalIsQuiet) {
  SetUpLog(Verbosity::kQuiet);
  int shown = 0;
  BeforeEachMessage([&] { ++shown; });
  LogToFileAsWell(folder_ / "run.log");
  log::info("quiet");
  EXPECT_EQ(shown, 0);
  log::warn("loud");
  EXPECT_EQ(shown, 1);
  log::debug("for developers");
  const std::string text = ReadText(folder_ / "run.log");
  EXPECT_THAT(text, HasSubstr("info: quiet"));
  EXPECT_THAT(text, HasSubstr("warning: loud"));
  EXPECT_THAT(text, Not(HasSubstr("developers")));
}

TEST_F(LogFileTest, GoesOnInItsFileAndTakesAnother) {
  SetUpLog(Verbosity::kQuiet);
  LogToFileAsWell(folder_ / "run.log");
  log::info("one");
  LogToFileAsWell(folder_ / "run.log");
  log::info("two");
  LogToFileAsWell(folder_ / "other.log");
  log::info("three");
  const std::string text = ReadText(folder_ / "run.log");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(ReadText(folder_ / "other.log"), HasSubstr("three"));
}

TEST_F(LogFileTest, IsBounded) {
  SetUpLog(Verbosity::kQuiet);
  LogToFileAsWell(folder_ / "run.log");
  const std::string text(1000, 'x');
  for (size_t i = 0; i < 6 * kLogFileBytes / text.size(); ++i) log::info("{}", text);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_LE(entry.file_size(), kLogFileBytes) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 1 + kOldLogFiles);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run.1.log"));
}

TEST_F(LogFileTest, AFolderThatIsNotThereIsAnError) {
  test::WriteText(folder_ / "file", "");
  test::ExpectErrorContains<FileError>([&] { LogToFileAsWell(folder_ / "file/run.log"); }, {"file/run.log"});
}

}  // namespace
}  // namespace danas
