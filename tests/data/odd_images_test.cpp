#include "tests/data/odd_images.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "danas/core/error.h"
#include "danas/data/dataset_index.h"
#include "tests/data/golden_images.h"

namespace danas {
namespace {

DatasetIndex OpenOdd(const test::TempDir& folder) {
  test::WriteOddImages(folder / "odd");
  DataConfig config;
  config.train = folder.path().string();
  config.on_error = OnBadImage::kSkip;
  return OpenTrainingSet(config);
}

TEST(OddImages, AreReadAsPillowDoesOrNamedWithTheReason) {
  const test::TempDir folder;
  const DatasetIndex set = OpenOdd(folder);
  ASSERT_EQ(set.size(), 14);
  for (int64_t i = 0; i < set.size(); ++i) {
    const test::OddImage& odd = test::kOddImages[static_cast<size_t>(i)];
    SCOPED_TRACE(odd.kind);
    if (odd.golden != nullptr) {
      EXPECT_EQ(set.images->Load(i), test::GoldenImage(std::string("decode/") + odd.golden + ".ppm"));
    } else if (std::string(odd.kind) != "unreadable") {
      test::ExpectErrorContains<DataError>([&] { set.images->Load(i); }, {odd.file, odd.reason});
    }
  }
}

// Of a suite of its own, since the superuser may read everything.
TEST(OddUnreadableImage, IsNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser may read every file";
  const test::TempDir folder;
  const DatasetIndex set = OpenOdd(folder);
  const test::OddImage& secret = test::kOddImages[5];
  test::ExpectErrorContains<DataError>([&] { set.images->Load(5); }, {secret.file, secret.reason});
}

}  // namespace
}  // namespace danas
