#include "danas/core/content_hash.h"

#include <gtest/gtest.h>

#include <array>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

constexpr std::array kKinds = {HashKind::kTextHash, HashKind::kXxh3};

// 3 MB and a byte: more than one block of a file, and none of their sizes.
std::string LongText() {
  std::string text;
  for (int i = 0; i < 3'000'001; ++i) text += static_cast<char>(i * 7 + i / 251);
  return text;
}

TEST(ContentHash, IsWhatXxHashSays) {
  EXPECT_EQ(HashOfText("", HashKind::kXxh3), "2d06800538d394c2");
  EXPECT_EQ(HashOfText("abc", HashKind::kXxh3), "78af5f94892f3950");
  EXPECT_EQ(HashOfText(LongText(), HashKind::kXxh3), "976c09a0fa460c3b");
}

TEST(ContentHash, OfTheFirstVersionsIsHashText) {
  for (const std::string& text : {std::string(), std::string("augment"), LongText()}) {
    EXPECT_EQ(HashOfText(text, HashKind::kTextHash), HexText(HashText(text)));
  }
}

TEST(ContentHash, IsTheSameHoweverTheBytesAreCut) {
  const std::string text = LongText().substr(0, 2000);
  for (const HashKind kind : kKinds) {
    for (const size_t part : {1, 7, 64, 256, 1024, 1999}) {
      ContentHash hash(kind);
      for (size_t at = 0; at < text.size(); at += part) hash.Update(std::string_view(text).substr(at, part));
      EXPECT_EQ(hash.Hex(), HashOfText(text, kind)) << "parts of " << part << " bytes";
    }
  }
}

TEST(ContentHash, OfAFileIsOfItsBytes) {
  const test::TempDir folder;
  for (const HashKind kind : kKinds) {
    for (const std::string& text : {std::string(), std::string("a\0b\r\n", 5), LongText()}) {
      EXPECT_EQ(HashOfFile(test::WriteText(folder / "file", text), kind), HashOfText(text, kind));
    }
    test::ExpectErrorContains<FileError>([&] { HashOfFile(folder / "absent", kind); }, {"absent", "No such file"});
  }
}

}  // namespace
}  // namespace danas
