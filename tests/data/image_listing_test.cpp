// What a run remembers of its images, of every format, and that each kind of change is named.
#include "danas/data/image_listing.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "danas/core/error.h"
#include "danas/data/pack.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::ReadText;
using test::TempDir;
using test::WriteText;

namespace fs = std::filesystem;

std::string Picture(int grey) { return "P6\n2 1\n255\n" + std::string(6, static_cast<char>(grey)); }

// Classes a and b with pictures 0.ppm, 1.ppm and 2.ppm.
void WriteFolders(const fs::path& root) {
  for (const char* name : {"a", "b"}) {
    for (int i = 0; i < 3; ++i) WriteText(root / name / (std::to_string(i) + ".ppm"), Picture(name[0] + 10 * i));
  }
}

DatasetIndex OpenAt(const fs::path& path) {
  DataConfig config;
  config.train = path.string();
  return OpenTrainingSet(config);
}

ListedSet ListAt(const fs::path& path) { return ListSet("training set", OpenAt(path)); }

class FolderListing : public testing::Test {
 protected:
  FolderListing() {
    WriteFolders(root());
    was_ = ListAt(root());
  }
  fs::path root() const { return folder_ / "set"; }
  std::string Changes() const { return Differences(was_, ListAt(root())); }

  TempDir folder_;
  ListedSet was_;
};

TEST_F(FolderListing, HoldsNamesClassesSizesAndContents) {
  EXPECT_EQ(was_.role, "training set");
  EXPECT_EQ(was_.place, root().string());
  EXPECT_EQ(was_.format, "folder");
  EXPECT_EQ(was_.classes, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(was_.images.size(), 6U);
  EXPECT_EQ(was_.images[4].name, "b/1.ppm");
  EXPECT_EQ(was_.images[4].label, 1);
  EXPECT_EQ(was_.images[4].bytes, Picture(0).size());
  EXPECT_EQ(CountContents(was_), 6);
  EXPECT_NE(was_.images[4].content, was_.images[3].content);
}

TEST_F(FolderListing, AnotherPlaceIsNoDifference) {
  EXPECT_EQ(Changes(), "");
  fs::rename(root(), folder_ / "elsewhere");
  const ListedSet moved = ListAt(folder_ / "elsewhere");
  EXPECT_EQ(Differences(was_, moved), "");
  EXPECT_NE(was_.place, moved.place);
}

TEST_F(FolderListing, NamesWhatWasAddedRemovedAndAltered) {
  for (int i = 3; i < 8; ++i) WriteText(root() / "a" / (std::to_string(i) + ".ppm"), Picture(i));
  fs::remove(root() / "b" / "0.ppm");
  WriteText(root() / "b" / "2.ppm", Picture(1));             // as long as before
  WriteText(root() / "b" / "1.ppm", Picture(1) + "longer");  // another length
  EXPECT_EQ(Changes(),
            "1 image removed (b/0.ppm), 5 images added (a/3.ppm, a/4.ppm, a/5.ppm and 2 more), "
            "2 images altered (b/1.ppm, b/2.ppm)");
}

TEST_F(FolderListing, ARenamedClassIsNoHeapOfNewImages) {
  fs::rename(root() / "a", root() / "c");
  EXPECT_EQ(Changes(), "1 class renamed ('a' to 'c')");
  WriteText(root() / "c" / "1.ppm", Picture(0));
  EXPECT_EQ(Changes(), "1 class renamed ('a' to 'c'), 1 image altered (c/1.ppm)");
}

TEST_F(FolderListing, ClassesAreAddedAndRemoved) {
  WriteText(root() / "c" / "x.ppm", Picture(1));
  EXPECT_EQ(Changes(), "1 class added ('c'), 1 image added (c/x.ppm)");
  fs::remove_all(root() / "b");
  EXPECT_EQ(Changes(),
            "1 class removed ('b'), 1 class added ('c'), 3 images removed (b/0.ppm, b/1.ppm, b/2.ppm), "
            "1 image added (c/x.ppm)");
}

TEST_F(FolderListing, ContentsOfAPartAreThoseOfTheSameImagesEachTime) {
  const auto limit = static_cast<int64_t>(2 * Picture(0).size() + 1);
  const ListedSet part = ListSet("training set", OpenAt(root()), limit);
  EXPECT_EQ(CountContents(part), 2);
  for (int i = 0; i < 3; ++i) {
    for (const char* name : {"a", "b"}) WriteText(root() / name / (std::to_string(i) + ".ppm"), Picture(200));
  }
  const ListedSet now = ListSet("training set", OpenAt(root()), limit);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(part.images[i].content != 0, now.images[i].content != 0);
  EXPECT_NE(Differences(part, now).find("2 images altered"), std::string::npos);
  EXPECT_NE(Differences(was_, now).find("2 images altered"), std::string::npos);  // what is not known is not compared
}

TEST_F(FolderListing, APackedSetThatKeepsTheBytesIsTheSame) {
  const PackOptions keep{.keep_bytes = true};
  PackDataset(OpenAt(root()), folder_ / "kept", keep, [](int64_t) {});
  const ListedSet kept = ListAt(folder_ / "kept");
  EXPECT_EQ(Differences(was_, kept), "");
  EXPECT_EQ(Differences(kept, was_), "");
  EXPECT_EQ(CountContents(kept), 6);

  WriteText(root() / "a" / "0.ppm", Picture(3));
  PackDataset(OpenAt(root()), folder_ / "other", keep, [](int64_t) {});
  const ListedSet other = ListAt(folder_ / "other");
  EXPECT_EQ(Differences(kept, other), "1 image altered (a/0.ppm)");
  EXPECT_EQ(Differences(was_, other), "1 image altered (a/0.ppm), format folder before, lmdb now");
}

TEST(ManifestListing, SeesLabelsAndTheOrderOfLines) {
  const TempDir folder;
  WriteFolders(folder.path());
  const fs::path file = folder / "set.csv";
  const auto list = [&](const std::string& lines) {
    WriteText(file, "path,label\n" + lines);
    return ListAt(file);
  };
  const ListedSet was = list("a/0.ppm,cat\na/1.ppm,dog\nb/0.ppm,dog\n");
  EXPECT_EQ(Differences(was, list("a/0.ppm,kit\na/1.ppm,dog\nb/0.ppm,dog\n")), "1 class renamed ('cat' to 'kit')");
  EXPECT_EQ(Differences(was, list("a/0.ppm,cat\na/1.ppm,dog\nb/0.ppm,cat\n")), "1 image relabelled (b/0.ppm)");
  EXPECT_EQ(Differences(was, list("a/1.ppm,dog\na/0.ppm,cat\nb/0.ppm,dog\n")), "the images in a different order");
  EXPECT_EQ(Differences(was, list("a/0.ppm,cat\na/1.ppm,dog\nb/0.ppm,dog\nb/0.ppm,dog\n")), "1 image added (b/0.ppm)");
}

std::string Word(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

TEST(IdxListing, SeesPixelsAndLabels) {
  const TempDir folder;
  const auto list = [&](const std::string& pixels, const std::string& labels) {
    WriteText(folder / "train-images-idx3-ubyte", Word(0x803) + Word(3) + Word(1) + Word(2) + pixels);
    WriteText(folder / "train-labels-idx1-ubyte", Word(0x801) + Word(3) + labels);
    return ListAt(folder.path());
  };
  const ListedSet was = list("aabbcc", {0, 1, 1});
  EXPECT_EQ(Differences(was, list("aabbcc", {0, 1, 1})), "");
  EXPECT_EQ(Differences(was, list("aabbcd", {0, 1, 1})), "1 image altered (record 2)");
  EXPECT_EQ(Differences(was, list("aabbcc", {0, 1, 0})), "1 image relabelled (record 2)");

  const ListedSet plain = list("aabbcc", {0, 1, 1});
  PackDataset(OpenAt(folder.path()), folder / "kept", {.keep_bytes = true}, [](int64_t) {});
  EXPECT_EQ(Differences(plain, ListAt(folder / "kept")), "");
}

TEST(CifarListing, SeesPixelsLabelsAndClassNames) {
  const TempDir folder;
  std::string records;
  for (int i = 0; i < 4; ++i) records += static_cast<char>(i) + std::string(3072, static_cast<char>(i));
  for (const char* name : {"1", "2", "3", "4", "5"}) {
    WriteText(folder / ("data_batch_" + std::string(name) + ".bin"), records);
  }
  std::string names = "c0\nc1\nc2\nc3\nc4\nc5\nc6\nc7\nc8\nc9\n";
  WriteText(folder / "batches.meta.txt", names);
  const ListedSet was = ListAt(folder.path());
  EXPECT_EQ(was.images[5].name, "data_batch_2.bin, record 1");

  records.back() = 99;
  WriteText(folder / "data_batch_3.bin", records);
  EXPECT_EQ(Differences(was, ListAt(folder.path())), "1 image altered (data_batch_3.bin, record 3)");
  records[0] = 7;
  records.back() = 3;
  WriteText(folder / "data_batch_3.bin", records);
  EXPECT_EQ(Differences(was, ListAt(folder.path())), "1 image relabelled (data_batch_3.bin, record 0)");
  records[0] = 0;
  WriteText(folder / "data_batch_3.bin", records);
  WriteText(folder / "batches.meta.txt", names.replace(0, 2, "zz"));
  EXPECT_EQ(Differences(was, ListAt(folder.path())), "1 class renamed ('c0' to 'zz')");
  WriteText(folder / "batches.meta.txt", names.replace(0, 5, "c1\nc0"));
  EXPECT_EQ(Differences(was, ListAt(folder.path())).substr(0, 32), "the classes in a different order");
}

class ListingFile : public testing::Test {
 protected:
  ListingFile() {
    sets_ = {
        {.role = "training set",
         .place = "/data",
         .format = "folder",
         .fingerprint = "0123",
         .classes = {"a", "b c"},
         .images = {{.name = "a/1 2.ppm", .label = 0, .bytes = 17, .content = 0x0123456789abcdef},
                    {.name = "b c/new\nline\\n\xff", .label = 1, .bytes = UINT64_MAX, .content = 0}}},
        {.role = "test set", .place = "/test", .format = "folder", .fingerprint = "", .classes = {}, .images = {}}};
  }
  fs::path path() const { return folder_ / kListingFile; }

  TempDir folder_;
  std::vector<ListedSet> sets_;
};

TEST_F(ListingFile, ComesBackAsItWas) {
  WriteListing(path(), sets_);
  const std::vector<ListedSet> read = ReadListing(path());
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].place, "/data");
  EXPECT_EQ(read[0].fingerprint, "0123");
  EXPECT_EQ(read[0].classes, sets_[0].classes);
  ASSERT_EQ(read[0].images.size(), 2U);
  EXPECT_EQ(read[0].images[0].content, 0x0123456789abcdefU);
  EXPECT_EQ(read[0].images[1].name, sets_[0].images[1].name);
  EXPECT_EQ(read[0].images[1].bytes, UINT64_MAX);
  EXPECT_EQ(read[1].role, "test set");
  EXPECT_EQ(Differences(sets_, read), "");
  const std::string bytes = ReadText(path());
  WriteListing(path(), sets_);
  EXPECT_EQ(ReadText(path()), bytes);
}

TEST_F(ListingFile, DamageIsTold) {
  WriteListing(path(), sets_);
  const std::string bytes = ReadText(path());
  for (size_t size = 0; size < bytes.size(); size += 7) {
    WriteText(path(), bytes.substr(0, size));
    ExpectErrorContains<CheckpointError>([&] { ReadListing(path()); }, {kListingFile});
  }
  std::string altered = bytes;
  altered[bytes.size() / 2] ^= 1;
  WriteText(path(), altered);
  ExpectErrorContains<CheckpointError>([&] { ReadListing(path()); }, {kListingFile});
}

TEST_F(ListingFile, WhatDanasDidNotWriteIsRefusedWithItsLine) {
  const std::string head = "{\"format_version\":1}\n";
  const std::string set =
      "{\"set\":\"training set\",\"place\":\"/d\",\"format\":\"folder\",\"fingerprint\":\"\",\"classes\":[\"a\"],"
      "\"images\":1}\n";
  const auto refuses = [&](const std::string& text, std::string_view word) {
    WriteText(path(), text);
    ExpectErrorContains<CheckpointError>([&] { ReadListing(path()); }, {kListingFile, word});
  };
  refuses("[]\n", "line 1");
  refuses("{\"format_version\":2}\n", "newer");
  refuses(head + set, "line 3: is missing");
  refuses(head + set + "0 1 - \n0", "line 4");
  refuses(head + set + "1 1 - x\n", "label 1 of 1 classes");
  refuses(head + set + "0 -1 - x\n", "'-1' is not a number");
  refuses(head + set + "0 1 zz x\n", "'zz' is not a number");
  refuses(head + set + "0 1 -\n", "LABEL BYTES HASH NAME");
  refuses(head + set + "0 1 - x\\\n", "backslash");
  refuses(head + "{\"set\":1}\n", "'set'");
}

}  // namespace
}  // namespace danas
