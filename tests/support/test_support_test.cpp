#include "tests/support/test_support.h"

#include <gtest/gtest-spi.h>

#include <stdexcept>

namespace danas::test {
namespace {

TEST(TempDir, RemovesItselfWithItsFiles) {
  std::filesystem::path path;
  {
    const TempDir folder;
    path = folder.path();
    WriteText(folder / "deep/er/file.txt", "text\n");
    EXPECT_EQ(ReadText(path / "deep/er/file.txt"), "text\n");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ExpectErrorContains, AcceptsKindAndWords) {
  const auto action = [] { throw std::out_of_range("layer 3 of 2"); };
  EXPECT_EQ(ExpectErrorContains<std::logic_error>(action, {"layer 3", "of 2"}), "layer 3 of 2");
}

TEST(ExpectErrorContains, FailsWithoutErrorOnOtherKindAndOnMissingWord) {
  EXPECT_NONFATAL_FAILURE(ExpectErrorContains<std::logic_error>([] {}, {"word"}), "nothing was thrown");
  EXPECT_NONFATAL_FAILURE(ExpectErrorContains<std::logic_error>([] { throw std::runtime_error("x"); }, {}),
                          "not the expected kind");
  EXPECT_NONFATAL_FAILURE(ExpectErrorContains<std::logic_error>([] { throw std::logic_error("x"); }, {"y"}), "\"y\"");
}

TEST(TestData, FollowsTheVariable) {
  const TempDir folder;
  WriteText(folder / "there", "");
  unsetenv("DANAS_TEST_DATA");
  EXPECT_FALSE(TestData("there").has_value());
  setenv("DANAS_TEST_DATA", folder.path().c_str(), 1);
  EXPECT_EQ(TestData("there"), folder / "there");
  ExpectErrorContains<std::runtime_error>([] { TestData("absent"); }, {"DANAS_TEST_DATA", "absent"});
}

}  // namespace
}  // namespace danas::test
