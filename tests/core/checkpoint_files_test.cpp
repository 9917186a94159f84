#include "danas/core/checkpoint_files.h"

#include <gmock/gmock.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::ReadText;
using test::TempDir;
using test::WriteText;
using testing::ElementsAre;

std::vector<int64_t> NumbersOf(const std::vector<CheckpointFiles>& found) {
  std::vector<int64_t> numbers;
  for (const CheckpointFiles& files : found) numbers.push_back(files.number);
  return numbers;
}

class CheckpointFilesTest : public testing::Test {
 protected:
  CheckpointFiles Write(int64_t number, const CheckpointManifest& manifest = {}) const {
    const CheckpointFiles files = FilesOfCheckpoint(run_.path(), number);
    WriteText(files.tensors, "tensors of " + std::to_string(number));
    WriteCheckpointManifest(files, manifest);
    return files;
  }
  // A manifest of these members and their hash.
  std::filesystem::path WriteMembers(Json members, HashKind kind = HashKind::kTextHash) const {
    members["hash"] = HashOfText(JsonText(members), kind);
    return WriteText(run_ / "some.json", JsonText(members));
  }

  TempDir run_;
};

TEST_F(CheckpointFilesTest, AreFoundByTheirManifestsTheNewestFirst) {
  EXPECT_TRUE(FindCheckpoints(run_ / "absent").empty());
  for (const int64_t number : {2, 1'000'000, 11}) Write(number);
  std::filesystem::remove(Write(12).manifest);
  for (const char* other : {"notes.json", "12345.json", "00001x.json", "000013.json.tmp-7", "000014.tmp-7"}) {
    WriteText(CheckpointFolder(run_.path()) / other, "");
  }
  EXPECT_THAT(NumbersOf(FindCheckpoints(run_.path())), ElementsAre(1'000'000, 11, 2));
  EXPECT_THAT(NumbersOf(FindTensorsAlone(run_.path())), ElementsAre(12));
  const CheckpointFiles newest = FindCheckpoints(run_.path()).front();
  EXPECT_EQ(newest.manifest, run_ / "checkpoints/1000000.json");
  EXPECT_EQ(newest.tensors, run_ / "checkpoints/1000000.safetensors");
}

TEST_F(CheckpointFilesTest, AManifestComesBackAsItWasWritten) {
  const CheckpointManifest written{.milestone = true,
                                   .logs = {{"log.jsonl", 123}, {"alpha.jsonl", 0}},
                                   .values = {{"loss", 0.1}, {"name", "é"}, {"nested", {{"a", {1, 2}}}}}};
  const CheckpointFiles files = Write(1, written);
  const CheckpointManifest read = ReadCheckpointManifest(files.manifest);
  EXPECT_EQ(read.version, kCheckpointVersion);
  EXPECT_TRUE(read.milestone);
  EXPECT_EQ(read.logs, written.logs);
  EXPECT_EQ(read.values, written.values);
  EXPECT_NO_THROW(RequireWholeTensors(files, read));
}

TEST_F(CheckpointFilesTest, EveryVersionIsWrittenAndReadWithItsHash) {
  for (int64_t version = 1; version <= kCheckpointVersion; ++version) {
    const CheckpointFiles files = Write(version, {.version = version, .values = {{"x", 0.5}}});
    const CheckpointManifest read = ReadCheckpointManifest(files.manifest);
    EXPECT_EQ(read.version, version);
    EXPECT_NO_THROW(RequireWholeTensors(files, read));
    const HashKind kind = version <= 2 ? HashKind::kTextHash : HashKind::kXxh3;
    EXPECT_EQ(read.tensors_hash, HashOfText(ReadText(files.tensors), kind));
  }
}

TEST_F(CheckpointFilesTest, AnAlteredFileIsNamed) {
  const CheckpointFiles files = Write(1);
  const std::string manifest = ReadText(files.manifest);
  const CheckpointManifest read = ReadCheckpointManifest(files.manifest);
  WriteText(files.tensors, "tensors of 2");
  ExpectErrorContains<CheckpointError>([&] { RequireWholeTensors(files, read); },
                                       {"000001.safetensors does not match the hash in its manifest"});
  std::filesystem::remove(files.tensors);
  ExpectErrorContains<FileError>([&] { RequireWholeTensors(files, read); }, {"000001.safetensors", "No such file"});
  std::string altered = manifest;
  altered.replace(altered.find("false"), 5, "true");
  WriteText(files.manifest, altered);
  ExpectErrorContains<CheckpointError>([&] { ReadCheckpointManifest(files.manifest); },
                                       {"000001.json does not match its own hash"});
  WriteText(files.manifest, manifest.substr(0, manifest.size() - 3));
  ExpectErrorContains<CheckpointError>([&] { ReadCheckpointManifest(files.manifest); }, {"000001.json is not JSON"});
}

TEST_F(CheckpointFilesTest, WhatIsNotAManifestIsNamed) {
  const Json good = {{"format_version", 1}, {"milestone", false}, {"logs", Json::object()}, {"values", Json::object()},
                     {"tensors_hash", ""}};
  EXPECT_NO_THROW(ReadCheckpointManifest(WriteMembers(good)));
  ExpectErrorContains<CheckpointError>([&] { ReadCheckpointManifest(WriteMembers(good, HashKind::kXxh3)); },
                                       {"does not match its own hash"});
  for (const char* key : {"milestone", "logs", "values", "tensors_hash"}) {
    Json members = good;
    members.erase(key);
    ExpectErrorContains<CheckpointError>([&] { ReadCheckpointManifest(WriteMembers(members)); },
                                         {std::string("has no '") + key + "'"});
  }
  const auto refuses = [&](const std::string& key, const Json& value, const std::string& words) {
    Json members = good;
    members[key] = value;
    ExpectErrorContains<CheckpointError>([&] { ReadCheckpointManifest(WriteMembers(members)); }, {"some.json", words});
  };
  refuses("format_version", "1", "names no format_version");
  refuses("format_version", 0, "names no format_version");
  refuses("format_version", kCheckpointVersion + 1, "is newer than this danas, which reads up to");
  refuses("format_version", 3, "does not match its own hash");  // which is not by HashText()
  refuses("milestone", 1, "'milestone' is of the wrong type (number)");
  refuses("logs", Json::array(), "'logs' is of the wrong type (array)");
  refuses("logs", {{"log.jsonl", -1}}, "whose size is not a number of bytes");
  refuses("logs", {{"log.jsonl", "1"}}, "whose size is not a number of bytes");
  refuses("values", nullptr, "'values' is of the wrong type (null)");
  refuses("tensors_hash", 5, "'tensors_hash' is of the wrong type (number)");
}

}  // namespace
}  // namespace danas
