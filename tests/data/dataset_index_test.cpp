#include "danas/data/dataset_index.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

// A 2 x 1 picture in the simplest of formats: a red and a blue pixel.
constexpr std::string_view kPicture("P6\n2 1\n255\n\xff\0\0\0\0\xff", 17);

DataConfig FolderOf(const TempDir& folder) {
  DataConfig config;
  config.root = folder.path().string();
  return config;
}

TEST(OpenDataset, AFolderOfClassFolders) {
  const TempDir folder;
  for (const char* file :
       {"train/b/1.ppm", "train/B/2.PPM", "train/a/deep/3.ppm", "test/a/1.ppm", "test/B/1.ppm", "test/b/1.ppm"}) {
    WriteText(folder / file, kPicture);
  }
  const Dataset dataset = OpenDataset(FolderOf(folder));
  EXPECT_EQ(dataset.train.classes.ids, (std::vector<std::string>{"B", "a", "b"}));  // bytewise
  EXPECT_EQ(dataset.train.size(), 3);
  EXPECT_EQ(dataset.test.size(), 3);
  const Image image = dataset.train.images->Load(0);
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(image.rgb, (std::vector<uint8_t>{255, 0, 0, 0, 0, 255}));
}

TEST(OpenDataset, DifferentClassesAreListed) {
  const TempDir folder;
  for (const char* file : {"train/cat/1.ppm", "train/dog/1.ppm", "val/cat/1.ppm", "val/emu/1.ppm"}) {
    WriteText(folder / file, kPicture);
  }
  ExpectErrorContains<DataError>([&] { OpenDataset(FolderOf(folder)); },
                                 {"only in the training set: 'dog'", "only in the test set: 'emu'"});
}

TEST(OpenDataset, WhatIsMissingIsSaid) {
  const TempDir folder;
  DataConfig config;
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"data.root"});
  config.root = (folder / "nowhere").string();
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"nowhere", "there is no folder", "data.root"});
  WriteText(folder / "here/notes.txt", "no dataset");
  config.root = (folder / "here").string();
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"here", "recognised"});
}

TEST(OpenDataset, ClassNamesMayHaveAMark) {
  const TempDir folder;
  WriteText(folder / "train/a/1.ppm", kPicture);
  DataConfig config = FolderOf(folder);
  config.class_names = WriteText(folder / "names.txt",
                                 "\xEF\xBB\xBF"
                                 "a the first\r\n")
                           .string();
  EXPECT_EQ(OpenTrainingSet(config).classes.labels, std::vector<std::string>{"the first"});
  WriteText(folder / "names.txt", std::string_view("\xFF\xFE"
                                                   "a\0 \0b\0",
                                                   8));
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"names.txt", "UTF-16"});
}

TEST(OpenDataset, ClassNamesGiveTheTexts) {
  const TempDir folder;
  for (const char* file : {"train/n01/1.ppm", "train/n02/1.ppm"}) WriteText(folder / file, kPicture);
  DataConfig config = FolderOf(folder);
  config.class_names = WriteText(folder / "names.txt", "n02 a large bird\nn01 goldfish\n").string();
  EXPECT_EQ(OpenTrainingSet(config).classes.labels, (std::vector<std::string>{"goldfish", "a large bird"}));
  WriteText(folder / "names.txt", "n01 goldfish\n");
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"names.txt", "n02"});
}

TEST(OpenDataset, ClassNamesMayBeShippedOnes) {
  const TempDir folder;
  for (const char* file : {"train/9/1.ppm", "train/0/1.ppm"}) WriteText(folder / file, kPicture);
  DataConfig config = FolderOf(folder);
  config.class_names = "fashion_mnist";
  EXPECT_EQ(OpenTrainingSet(config).classes.labels, (std::vector<std::string>{"T-shirt/top", "ankle boot"}));
  config.class_names = "fashion_mnst";
  ExpectErrorContains<ConfigError>([&] { OpenTrainingSet(config); }, {"did you mean 'fashion_mnist'"});
  config.class_names = "fashion_mnist";
  WriteText(folder / "train/ten/1.ppm", kPicture);
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); },
                                 {"does not name the class 'ten'", "--set data.class_names="});
}

TEST(OpenDataset, NamesThatAreNoUtf8AreRefused) {
  const TempDir folder;
  for (const char* file : {"latin/train/caf\xe9/1.ppm", "utf8/train/caf\xc3\xa9/1.ppm"}) {
    WriteText(folder / file, kPicture);
  }
  DataConfig config;
  config.root = (folder / "latin").string();
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"caf\xe9", "UTF-8"});
  config.root = (folder / "utf8").string();
  EXPECT_EQ(OpenTrainingSet(config).classes.ids, std::vector<std::string>{"caf\xc3\xa9"});
  config.class_names = WriteText(folder / "names.txt", "caf\xc3\xa9 un caf\xe9\n").string();
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"names.txt", "un caf\xe9", "UTF-8"});
}

TEST(OpenDataset, ABrokenPictureIsAnErrorWithItsName) {
  const TempDir folder;
  WriteText(folder / "train/a/cut.ppm", kPicture.substr(0, 13));
  WriteText(folder / "train/b/text.jpg", "this is no picture");
  const DatasetIndex dataset = OpenTrainingSet(FolderOf(folder));
  ExpectErrorContains<DataError>([&] { dataset.images->Load(0); }, {"cut.ppm"});
  ExpectErrorContains<DataError>([&] { dataset.images->Load(1); }, {"text.jpg"});
}

// A CIFAR-100 set of `records` pictures: coarse label, fine label, 3072 bytes.
std::string CifarRecords(int records) {
  std::string bytes;
  for (int i = 0; i < records; ++i) {
    bytes += '\0';
    bytes += static_cast<char>(i);
    bytes += std::string(3072, static_cast<char>(i));
  }
  return bytes;
}

TEST(OpenDataset, Cifar100) {
  const TempDir folder;
  WriteText(folder / "train.bin", CifarRecords(100));
  WriteText(folder / "test.bin", CifarRecords(100));
  const Dataset dataset = OpenDataset(FolderOf(folder));
  EXPECT_EQ(dataset.train.format, DataFormat::kCifar100);
  EXPECT_EQ(dataset.train.size(), 100);
  EXPECT_EQ(dataset.train.labels[5], 5);
  EXPECT_EQ(dataset.train.images->Load(5).rgb[0], 5);
  WriteText(folder / "train.bin", CifarRecords(100).substr(0, 5000));
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(FolderOf(folder)); }, {"train.bin"});
}

}  // namespace
}  // namespace danas
