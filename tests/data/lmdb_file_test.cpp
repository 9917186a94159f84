#include "src/data/lmdb_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "src/data/lmdb_writer.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

std::string Value(RandomStream& stream, size_t most) {
  std::string value(stream.UniformInt(most + 1), '\0');
  for (char& c : value) c = static_cast<char>(stream.NextWord());
  return value;
}

std::vector<uint8_t> Bytes(const std::string& text) { return {text.begin(), text.end()}; }

std::string Text(const std::optional<std::span<const uint8_t>>& bytes) {
  return bytes ? std::string(bytes->begin(), bytes->end()) : "(none)";
}

// liblmdb writes, danas reads: small values and large ones, keys of every length, three levels of pages, pages that
// were freed and taken again.
TEST(LmdbFile, ReadsWhatLiblmdbWrites) {
  const TempDir folder;
  RandomStream stream(0, "lmdb");
  std::map<std::string, std::string> expected;
  for (int round = 0; round < 3; ++round) {
    std::vector<LmdbPut> puts;
    std::vector<std::string> removed;
    for (const auto& [key, value] : expected) {
      if (stream.UniformInt(4) == 0) removed.push_back(key);
    }
    for (const std::string& key : removed) expected.erase(key);
    for (int i = 0; i < 2000; ++i) {
      const std::string key = "k" + Value(stream, 40);
      expected[key] = Value(stream, i % 10 == 0 ? 20'000 : 300);
    }
    for (const auto& [key, value] : expected) puts.push_back({.key = key, .value = Bytes(value)});
    LmdbWriter writer(folder.path());
    writer.Write({}, removed);
    writer.Write(puts);
  }
  const LmdbFile file(folder / "data.mdb");
  EXPECT_EQ(file.entries(), expected.size());
  for (const auto& [key, value] : expected) ASSERT_EQ(Text(file.Find(key)), value);
  for (const char* absent : {"", "a", "k", "k0 is not there", "z"}) {
    EXPECT_EQ(file.Find(absent).has_value(), expected.contains(absent)) << absent;
  }
}

TEST(LmdbFile, AnEmptyDatabaseHasNothing) {
  const TempDir folder;
  { const LmdbWriter writer(folder.path()); }
  const LmdbFile file(folder / "data.mdb");
  EXPECT_EQ(file.entries(), 0U);
  EXPECT_FALSE(file.Find("a"));
}

TEST(LmdbFile, TheMapGrowsWithTheDatabase) {
  const TempDir folder;
  LmdbWriter writer(folder.path());
  const std::string large(3'000'000, 'x');
  for (int i = 0; i < 14; ++i) {
    const LmdbPut put[] = {{.key = std::string(1, static_cast<char>('a' + i)), .value = Bytes(large), .last = true}};
    writer.Write(put);
  }
  LmdbWriter again(folder.path());  // opens what is larger than a new map
  const LmdbPut put[] = {{.key = "z", .value = Bytes("end"), .last = true}};
  again.Write(put);
  const LmdbFile file(folder / "data.mdb");
  for (int i = 0; i < 14; ++i) EXPECT_EQ(file.Find(std::string(1, static_cast<char>('a' + i)))->size(), large.size());
  EXPECT_EQ(Text(file.Find("z")), "end");
}

TEST(LmdbFile, WhatIsNoneIsSaid) {
  const TempDir folder;
  ExpectErrorContains<DataError>([&] { LmdbFile(folder / "none.mdb"); }, {"none.mdb", "No such file"});
  WriteText(folder / "text.mdb", std::string(9000, 'x'));
  ExpectErrorContains<DataError>([&] { LmdbFile(folder / "text.mdb"); }, {"text.mdb", "not an LMDB database"});
}

}  // namespace
}  // namespace danas
