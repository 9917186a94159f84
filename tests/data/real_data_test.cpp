// Datasets from outside; each suite skips where its data is not there.
#include <gtest/gtest.h>

#include <filesystem>

#include "danas/data/dataset_index.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

TEST(RealCifar100, IsReadWhole) {
  DANAS_TEST_DATA_OR_SKIP(path, "cifar-100-binary");
  DataConfig config;
  config.root = path.string();
  const Dataset dataset = OpenDataset(config);
  EXPECT_EQ(dataset.train.format, DataFormat::kCifar100);
  EXPECT_EQ(dataset.train.classes.ids.size(), 100U);
  EXPECT_EQ(dataset.train.classes.ids.front(), "apple");
  const std::vector<int64_t> counts = ImagesPerClass(dataset.train);
  EXPECT_EQ(counts, std::vector<int64_t>(100, counts[0]));
  const std::vector<int64_t> test_counts = ImagesPerClass(dataset.test);
  EXPECT_EQ(test_counts, std::vector<int64_t>(100, test_counts[0]));
  EXPECT_NE(dataset.train.fingerprint, dataset.test.fingerprint);
}

TEST(RealFashionMnist, IsReadWhole) {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs the Debian package dataset-fashion-mnist";
  DataConfig config;
  config.root = folder.string();
  const Dataset dataset = OpenDataset(config);
  EXPECT_EQ(dataset.train.size(), 60000);
  EXPECT_EQ(dataset.test.size(), 10000);
  EXPECT_EQ(ImagesPerClass(dataset.train), std::vector<int64_t>(10, 6000));
  EXPECT_EQ(ImagesPerClass(dataset.test), std::vector<int64_t>(10, 1000));
  EXPECT_EQ(dataset.train.labels[0], 9);  // the first picture is an ankle boot
  const Image boot = dataset.train.images->Load(0);
  EXPECT_EQ(boot.height, 28);
  EXPECT_EQ(boot.Row(0)[0], 0);
}

}  // namespace
}  // namespace danas
