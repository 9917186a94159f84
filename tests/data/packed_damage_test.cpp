// Packed sets that were damaged after they were packed: what is read is what was packed, or a DataError says what is
// not.
#include <gtest/gtest.h>

#include <algorithm>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/data/check_images.h"
#include "danas/data/frame_queue.h"
#include "danas/data/transform.h"
#include "tests/data/data_support.h"
#include "tests/data/pack_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::OpenTrain;
using test::ReadText;
using test::TempDir;
using test::WriteText;

std::vector<std::string> Check(const DatasetIndex& set, int64_t threads = 1) {
  return FindBrokenImages(set, threads, [](int64_t) {});
}

class PackedDamage : public testing::Test {
 protected:
  PackedDamage() {
    test::WritePictures(folder_ / "in");
    source_ = OpenTrain(folder_ / "in");
    test::Pack(source_, folder_ / "out", {.keep_bytes = true});
    whole_ = ReadText(folder_ / "out/data.mdb");
    for (int64_t i = 0; i < source_.size(); ++i) pictures_.push_back(source_.images->Load(i));
  }

  std::filesystem::path Write(const std::string& bytes) const {
    return WriteText(folder_ / "damaged/data.mdb", bytes).parent_path();
  }

  // True where something is found. Every picture that can be read is the one that was packed, and what cannot be read
  // the check finds, too.
  bool IsFound(const std::string& bytes) const {
    std::optional<DatasetIndex> set;
    try {
      set = OpenTrain(Write(bytes));
    } catch (const DataError&) {
      return true;
    }
    EXPECT_EQ(set->labels, source_.labels);
    EXPECT_EQ(set->fingerprint, source_.fingerprint);
    size_t broken = 0;
    for (int64_t i = 0; i < set->size(); ++i) {
      try {
        EXPECT_EQ(set->images->Load(i), pictures_[static_cast<size_t>(i)]);
      } catch (const DataError&) {
        ++broken;
      }
    }
    const std::vector<std::string> found = Check(*set);
    EXPECT_GE(found.size(), broken);
    return !found.empty();
  }

  TempDir folder_;
  DatasetIndex source_;
  std::string whole_;
  std::vector<Image> pictures_;
};

TEST_F(PackedDamage, OfNothingNothingIsFound) { EXPECT_FALSE(IsFound(whole_)); }

TEST_F(PackedDamage, ATruncatedFileIsFound) {
  for (size_t bytes = 0; bytes < whole_.size(); bytes += 1000) {
    const bool found = IsFound(whole_.substr(0, bytes));
    EXPECT_TRUE(found || bytes > whole_.size() * 3 / 4) << bytes << " of " << whole_.size() << " bytes";
  }
}

TEST_F(PackedDamage, OneBitOfAnImageIsThatImageAlone) {
  constexpr int64_t kLarge =
      8;  // it has pages of its own; smaller ones may have left copies in pages that are free now
  std::string bytes = whole_;
  bytes[bytes.find(test::GoldenFile("picture.png")) + 1000] ^= 16;
  const DatasetIndex set = OpenTrain(Write(bytes));
  const std::string message = ExpectErrorContains<DataError>(
      [&] { set.images->Load(kLarge); }, {"damaged, image 8 (b/2.png)", "not those that were packed"});
  for (int64_t i = 0; i < set.size(); ++i) {
    if (i == kLarge) continue;
    EXPECT_EQ(set.images->Load(i), pictures_[static_cast<size_t>(i)]);
  }
  EXPECT_EQ(Check(set, 3), std::vector<std::string>{message});

  const auto pass = [](const DatasetIndex& of) {
    FrameQueue loader(WholeSet(std::make_shared<DatasetIndex>(of)), std::make_shared<const Transform>(test::SmallImages(), ImageUse::kTest, 0),
                  {.batch = 3, .workers = 2});
    loader.Start(0);
    int64_t images = 0;
    while (auto batch = loader.Next()) images += batch->size();
    return images;
  };
  ExpectErrorContains<DataError>([&] { pass(set); }, {"image 8 (b/2.png)"});
  const DatasetIndex skipping = OpenTrain(folder_ / "damaged", OnBadImage::kSkip);
  EXPECT_EQ(pass(skipping), set.size());  // another of its class in its place
  EXPECT_EQ(skipping.bad->count(), 1);
}

TEST_F(PackedDamage, OneBitOfTheIndexIsFound) {
  for (const char* part : {"\"fingerprint\"", "b/deep/3.JPEG", "\"finished\""}) {
    std::string bytes = whole_;
    size_t at = bytes.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    for (; at != std::string::npos; at = bytes.find(part, at)) bytes[at + 3] ^= 1;  // older copies, too
    EXPECT_TRUE(IsFound(bytes)) << part;
  }
}

// Some bits mean nothing: unused space, freed pages. Whatever is changed, no other picture comes out and nothing
// crashes.
TEST_F(PackedDamage, NoFlippedBitDoesMoreThanThrow) {
  RandomStream stream(0, "damage");
  int found = 0;
  for (int round = 0; round < 150; ++round) {
    std::string bytes = whole_;
    for (uint64_t i = 0; i < 1 + stream.UniformInt(20); ++i) {
      bytes[stream.UniformInt(bytes.size())] ^= static_cast<char>(1U << stream.UniformInt(8));
    }
    found += IsFound(bytes) ? 1 : 0;
  }
  EXPECT_GT(found, 75);
}

// The heads of the pages and of the nodes, where offsets and sizes stand, byte by byte.
TEST_F(PackedDamage, NoChangedHeadDoesMoreThanThrow) {
  for (size_t page = 0; page < whole_.size(); page += 4096) {
    for (const size_t at :
         {0U, 8U, 10U, 11U, 12U, 13U, 14U, 15U, 16U, 17U, 18U, 19U, 20U, 40U, 88U, 120U, 128U, 136U}) {
      for (const int value : {0, 0x7F, 0xFF}) {
        if (page + at >= whole_.size() || whole_[page + at] == static_cast<char>(value)) continue;
        std::string bytes = whole_;
        bytes[page + at] = static_cast<char>(value);
        IsFound(bytes);
        if (HasFailure()) FAIL() << "byte " << at << " of page " << page / 4096 << " set to " << value;
      }
    }
  }
}

TEST(CheckImages, ListsWhatIsBrokenInTheDatasetsOrder) {
  const TempDir folder;
  test::WritePictures(folder.path());
  WriteText(folder / "a, c/text.jpg", "no picture");
  WriteText(folder / "b/cut.jpg", test::GoldenFile("decode/rgb_444.jpg").substr(0, 500));
  WriteText(folder / "b/empty.jpg", "");
  std::filesystem::create_symlink("nowhere", folder / "b/link.jpg");
  const DatasetIndex set = OpenTrain(folder.path(), OnBadImage::kSkip);
  for (const int64_t threads : {1, 4}) {
    int64_t last = 0;
    const std::vector<std::string> lines = FindBrokenImages(set, threads, [&](int64_t done) { last = done; });
    EXPECT_EQ(last, set.size());
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_NE(lines[0].find("a, c/text.jpg: not an image"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find("b/cut.jpg: "), std::string::npos) << lines[1];
    EXPECT_NE(lines[2].find("b/empty.jpg: the file is empty"), std::string::npos) << lines[2];
    EXPECT_NE(lines[3].find("b/link.jpg: a link to nowhere"), std::string::npos) << lines[3];
  }
}

}  // namespace
}  // namespace danas
