#include "danas/core/text_file.h"

#include <gtest/gtest.h>

#include "tests/support/test_support.h"

namespace danas {
namespace {

using namespace std::string_literals;
using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

TEST(TextFile, AMarkAndTheLineEndsOfOtherSystemsGo) {
  const TempDir folder;
  const auto read = [&](const std::string& bytes) { return ReadTextFile(WriteText(folder / "text", bytes)); };
  EXPECT_EQ(read("path,label\na,b\n"), "path,label\na,b\n");
  EXPECT_EQ(read("\xEF\xBB\xBFpath\r\n\r\na"), "path\n\na");
  EXPECT_EQ(read("path\ra\r"), "path\na\n");                  // no '\n' at all
  EXPECT_EQ(read("path\ra\n\rb\r\r\n"), "path\ra\n\rb\r\n");  // a name may hold '\r' where '\n' ends lines
  EXPECT_EQ(read("a\xEF\xBB\xBF\n"), "a\xEF\xBB\xBF\n");      // no mark: it is not at the head
  EXPECT_EQ(read("\xEF\xBB\xBF"), "");
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("caf\xE9\n"), "caf\xE9\n");  // Latin-1 may be the name of a file
}

TEST(TextFile, OtherEncodingsAreNamedWithAWayOut) {
  const TempDir folder;
  const auto refuse = [&](const std::string& bytes, std::string_view what) {
    const std::filesystem::path path = WriteText(folder / "table.csv", bytes);
    ExpectErrorContains<FileError>([&] { ReadTextFile(path); }, {path.string(), what});
    ExpectErrorContains<DataError>([&] { ReadTextFile<DataError>(path); }, {path.string(), what});
  };
  const std::string advice = "iconv -f UTF-16 -t UTF-8";
  refuse("\xFF\xFEp\0a\0"s, advice);
  refuse("\xFE\xFF\0p\0a"s, advice);
  refuse("p\0a\0"s, advice);
  refuse("\0p\0a"s, advice);
  refuse("\xFF\xFE\0\0p\0\0\0"s, "UTF-32");
  refuse("\0\0\xFE\xFF\0\0\0p"s, "UTF-32");
  refuse("\x1F\x8B\x08\0"s, "gunzip");
  refuse("PK\x03\x04"s, "CSV UTF-8");
}

TEST(TextFile, SaysWhyItCannotBeRead) {
  const TempDir folder;
  ExpectErrorContains<FileError>([&] { ReadTextFile<DataError>(folder / "absent"); }, {"absent", "No such file"});
  WriteText(folder / "large", "12345");
  ExpectErrorContains<FileError>([&] { ReadTextFile(folder / "large", 4); }, {"large", "too large"});
}

TEST(TextFile, LinesKeepTheirNumbers) {
  EXPECT_EQ(LinesOf("a\n\nb\n"), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(LinesOf("a\nb"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(LinesOf("\n"), (std::vector<std::string>{""}));
  EXPECT_EQ(LinesOf(""), std::vector<std::string>());
}

}  // namespace
}  // namespace danas
