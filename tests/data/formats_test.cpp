#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>

#include "danas/core/error.h"
#include "danas/data/dataset_index.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

namespace fs = std::filesystem;

constexpr std::string_view kPicture("P6\n2 1\n255\n\xff\0\0\0\0\xff", 17);

DataConfig Root(const fs::path& path) {
  DataConfig config;
  config.root = path.string();
  return config;
}

std::string BigEndian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

// `images` pictures of 3 x 2 pixels; picture i is all i, its label i % 3 + first_label.
std::string IdxImages(uint32_t images) {
  std::string bytes = BigEndian(0x803) + BigEndian(images) + BigEndian(3) + BigEndian(2);
  for (uint32_t i = 0; i < images; ++i) bytes += std::string(6, static_cast<char>(i));
  return bytes;
}
std::string IdxLabels(uint32_t images, uint32_t first_label = 0) {
  std::string bytes = BigEndian(0x801) + BigEndian(images);
  for (uint32_t i = 0; i < images; ++i) bytes += static_cast<char>(i % 3 + first_label);
  return bytes;
}

void WriteGzip(const fs::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), static_cast<int>(bytes.size()));
  ASSERT_EQ(gzclose(file), Z_OK);
}

void WriteIdx(const fs::path& folder) {
  WriteText(folder / "train-images-idx3-ubyte", IdxImages(7));
  WriteText(folder / "train-labels-idx1-ubyte", IdxLabels(7));
  WriteText(folder / "t10k-images-idx3-ubyte", IdxImages(4));
  WriteText(folder / "t10k-labels-idx1-ubyte", IdxLabels(4));
}

TEST(Idx, OpensPlainAndPackedAlike) {
  const TempDir plain;
  WriteIdx(plain.path());
  const Dataset dataset = OpenDataset(Root(plain.path()));
  EXPECT_EQ(dataset.train.format, DataFormat::kIdx);
  EXPECT_EQ(dataset.train.classes.ids, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(dataset.train.labels, (std::vector<int>{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(dataset.test.size(), 4);
  const Image image = dataset.train.images->Load(5);
  EXPECT_EQ(image.height, 3);
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(image.rgb, std::vector<uint8_t>(18, 5));  // grey in all three channels
  EXPECT_EQ(dataset.train.images->Name(5), (plain / "train-images-idx3-ubyte").string() + ", record 5");

  const TempDir packed;
  WriteGzip(packed / "train-images-idx3-ubyte.gz", IdxImages(7));
  WriteGzip(packed / "train-labels-idx1-ubyte.gz", IdxLabels(7));
  const DatasetIndex train = OpenTrainingSet(Root(packed.path()));
  EXPECT_EQ(train.images->Load(5), image);
  EXPECT_EQ(train.fingerprint, dataset.train.fingerprint);
}

// Fetchers drop the ending, browsers unpack and keep it.
TEST(Idx, TheBytesTellWhetherAFileIsPacked) {
  const TempDir folder;
  WriteGzip(folder / "train-images-idx3-ubyte", IdxImages(7));
  WriteGzip(folder / "train-labels-idx1-ubyte", IdxLabels(7));
  WriteText(folder / "t10k-images-idx3-ubyte.gz", IdxImages(4));
  WriteText(folder / "t10k-labels-idx1-ubyte.gz", IdxLabels(4));
  const Dataset dataset = OpenDataset(Root(folder.path()));
  EXPECT_EQ(dataset.train.labels, (std::vector<int>{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(dataset.train.images->Load(5).rgb, std::vector<uint8_t>(18, 5));
  EXPECT_EQ(dataset.test.size(), 4);
}

TEST(Idx, LabelsNeedNotBeginAtZero) {
  const TempDir folder;
  WriteIdx(folder.path());
  WriteText(folder / "train-labels-idx1-ubyte", IdxLabels(7, 1));
  const DatasetIndex train = OpenTrainingSet(Root(folder.path()));
  EXPECT_EQ(train.classes.ids, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(train.labels[0], 0);
}

TEST(Idx, DamageIsNamed) {
  const TempDir folder;
  const auto open = [&] { OpenTrainingSet(Root(folder.path())); };
  WriteIdx(folder.path());
  WriteText(folder / "train-images-idx3-ubyte", IdxImages(7).substr(0, 50));
  ExpectErrorContains<DataError>(open, {"train-images-idx3-ubyte", "claims 42 bytes", "there are 34"});
  WriteText(folder / "train-images-idx3-ubyte", "short");
  ExpectErrorContains<DataError>(open, {"train-images-idx3-ubyte", "cut short"});
  WriteText(folder / "train-images-idx3-ubyte", IdxLabels(40));
  ExpectErrorContains<DataError>(open, {"train-images-idx3-ubyte", "not an IDX file"});
  WriteText(folder / "train-images-idx3-ubyte", IdxImages(6));
  ExpectErrorContains<DataError>(open, {"train-labels-idx1-ubyte", "7 labels for 6 images"});
  fs::remove(folder / "train-labels-idx1-ubyte");
  ExpectErrorContains<DataError>(open, {"train-labels-idx1-ubyte", "cannot be read"});
  fs::remove(folder / "train-images-idx3-ubyte");
  WriteGzip(folder / "train-images-idx3-ubyte.gz", IdxImages(200));
  const std::string packed = test::ReadText(folder / "train-images-idx3-ubyte.gz");
  WriteText(folder / "train-images-idx3-ubyte.gz", packed.substr(0, packed.size() / 2));
  ExpectErrorContains<DataError>(open, {"train-images-idx3-ubyte.gz", "cut short"});
}

std::string Cifar10Records(int records, int last_label = 9) {
  std::string bytes;
  for (int i = 0; i < records; ++i) {
    bytes += static_cast<char>(i == records - 1 ? last_label : i % 10);
    for (int plane = 0; plane < 3; ++plane) bytes += std::string(1024, static_cast<char>(10 * plane + i));
  }
  return bytes;
}

void WriteCifar10(const fs::path& folder) {
  for (const char* number : {"1", "2", "3", "4", "5"}) {
    WriteText(folder / (std::string("data_batch_") + number + ".bin"), Cifar10Records(10));
  }
  WriteText(folder / "test_batch.bin", Cifar10Records(10));
  WriteText(folder / "batches.meta.txt", "plane\ncar\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
}

TEST(Cifar, OpensTheUnpackedArchive) {
  const TempDir folder;
  WriteCifar10(folder / "cifar-10-batches-bin");
  const Dataset dataset = OpenDataset(Root(folder.path()));
  EXPECT_EQ(dataset.train.format, DataFormat::kCifar10);
  EXPECT_EQ(dataset.train.size(), 50);
  EXPECT_EQ(dataset.test.size(), 10);
  EXPECT_EQ(dataset.train.classes.ids[1], "car");
  const Image image = dataset.train.images->Load(23);  // record 3 of the third file
  EXPECT_EQ(dataset.train.labels[23], 3);
  EXPECT_EQ(std::vector<uint8_t>(image.rgb.begin(), image.rgb.begin() + 3), (std::vector<uint8_t>{3, 13, 23}));
  EXPECT_TRUE(dataset.train.images->Name(23).ends_with("data_batch_3.bin, record 3"));
}

TEST(Cifar, PackedFilesAndNamesWithAMarkAreRead) {
  const TempDir folder;
  WriteCifar10(folder.path());
  WriteGzip(folder / "data_batch_2.bin", Cifar10Records(10));
  WriteText(folder / "batches.meta.txt",
            "\xEF\xBB\xBFplane\r\ncar\r\nbird\r\ncat\r\ndeer\r\ndog\r\nfrog\r\nhorse\r\nship\r\ntruck\r\n");
  const DatasetIndex train = OpenTrainingSet(Root(folder.path()));
  EXPECT_EQ(train.size(), 50);
  EXPECT_EQ(train.images->Load(13).rgb[0], 3);
  EXPECT_EQ(train.classes.ids[0], "plane");
  EXPECT_EQ(train.classes.ids[9], "truck");
}

TEST(Cifar, DamageIsNamed) {
  const TempDir folder;
  WriteCifar10(folder.path());
  const auto open = [&] { OpenTrainingSet(Root(folder.path())); };
  WriteText(folder / "data_batch_2.bin", Cifar10Records(10).substr(0, 30000));
  ExpectErrorContains<DataError>(open, {"data_batch_2.bin", "30000 bytes", "3073", "cifar-10-binary.tar.gz"});
  WriteText(folder / "data_batch_2.bin", Cifar10Records(10, 77));
  ExpectErrorContains<DataError>(open, {"data_batch_2.bin, record 9", "label 77"});
  fs::remove(folder / "data_batch_2.bin");
  ExpectErrorContains<DataError>(open, {"data_batch_2.bin", "cannot be read"});
}

TEST(Cifar, PicklesAreRefusedWithTheFileToTake) {
  const TempDir folder;
  const std::string pickle(
      "\x80\x02}q\x01(U\x0b"
      "batch_labelq\x02",
      22);
  WriteText(folder / "ten/cifar-10-batches-py/data_batch_1", pickle);
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(Root(folder / "ten")); },
                                 {"data_batch_1", "Python pickle", "cifar-10-binary.tar.gz"});
  WriteText(folder / "hundred/train", pickle);
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(Root(folder / "hundred")); }, {"cifar-100-binary.tar.gz"});
}

TEST(Manifest, CsvAndJsonlSayTheSame) {
  const TempDir folder;
  for (const char* file : {"images/a, b.ppm", "images/c.ppm"}) WriteText(folder / file, kPicture);
  WriteText(folder / "train.csv", "label,path\r\nzebra,\"images/a, b.ppm\"\r\n\"a \"\"dog\"\"\",images/c.ppm\r\n");
  WriteText(folder / "val.jsonl",
            "{\"path\": \"images/a, b.ppm\", \"label\": \"zebra\"}\n{\"path\": \"images/c.ppm\", \"label\": \"a "
            "\\\"dog\\\"\"}\n");
  const Dataset dataset = OpenDataset(Root(folder.path()));
  EXPECT_EQ(dataset.train.format, DataFormat::kManifest);
  EXPECT_EQ(dataset.train.classes.ids, (std::vector<std::string>{"a \"dog\"", "zebra"}));
  EXPECT_EQ(dataset.train.labels, (std::vector<int>{1, 0}));
  EXPECT_EQ(dataset.train.labels, dataset.test.labels);
  EXPECT_EQ(dataset.train.fingerprint, dataset.test.fingerprint);
  EXPECT_EQ(dataset.train.images->Load(0).width, 2);
}

TEST(Manifest, ASpreadsheetsMarkAndLineEndsAreNoPartOfIt) {
  const TempDir folder;
  WriteText(folder / "a.ppm", kPicture);
  DataConfig config;
  const auto ids = [&](const char* name, std::string_view text) {
    config.train = WriteText(folder / name, text).string();
    return OpenTrainingSet(config).classes.ids;
  };
  const std::vector<std::string> both = {"x", "y"};
  EXPECT_EQ(ids("m.csv", "\xEF\xBB\xBFpath,label\r\na.ppm,x\r\na.ppm,y\r\n"), both);
  EXPECT_EQ(ids("m.csv", "\xEF\xBB\xBF\"path\",\"label\"\na.ppm,x\na.ppm,y"), both);
  EXPECT_EQ(ids("m.csv", "path,label\ra.ppm,x\ra.ppm,y\r"), both);
  EXPECT_EQ(
      ids("m.jsonl", "\xEF\xBB\xBF{\"path\": \"a.ppm\", \"label\": \"x\"}\r\n{\"path\": \"a.ppm\", \"label\": \"y\"}"),
      both);
  const auto open = [&](const char* name, std::string_view text) {
    config.train = WriteText(folder / name, text).string();
    return [&] { OpenTrainingSet(config); };
  };
  ExpectErrorContains<DataError>(open("m.csv", std::string_view("\xFF\xFEp\0a\0", 6)),
                                 {"m.csv", "UTF-16", "CSV UTF-8"});
  ExpectErrorContains<DataError>(open("m.jsonl", std::string_view("{\0\"\0", 4)), {"m.jsonl", "UTF-16", "iconv"});
  ExpectErrorContains<DataError>(open("m.csv", "PK\x03\x04"), {"m.csv", "CSV UTF-8"});
  ExpectErrorContains<DataError>(open("m.csv", "\xEF\xBB\xBFpath;label\na.ppm;x\n"),
                                 {"m.csv:1", "'path;label'", "comma"});
}

TEST(Manifest, EveryMistakeHasItsLine) {
  const TempDir folder;
  WriteText(folder / "a.ppm", kPicture);
  DataConfig config;
  const auto open = [&](const char* name, std::string_view text) {
    config.train = WriteText(folder / name, text).string();
    return [&] { OpenTrainingSet(config); };
  };
  ExpectErrorContains<DataError>(open("m.csv", "file,label\na.ppm,x\n"), {"m.csv:1", "no column 'path'"});
  ExpectErrorContains<DataError>(open("m.csv", "path,label\na.ppm,x\na.ppm\n"), {"m.csv:3", "1 fields"});
  ExpectErrorContains<DataError>(open("m.csv", "path,label\n\"a.ppm,x\n"), {"m.csv:2", "quote"});
  ExpectErrorContains<DataError>(open("m.csv", "path,label\na.ppm,\n"), {"m.csv:2", "empty"});
  ExpectErrorContains<DataError>(open("m.csv", "path,label\nb.ppm,x\n"), {"m.csv:2", "b.ppm", "no such file"});
  ExpectErrorContains<DataError>(open("m.csv", "path,label\n"), {"m.csv", "lists no images"});
  ExpectErrorContains<DataError>(open("m.jsonl", "{\"path\": \"a.ppm\"}\n"), {"m.jsonl:1", "is expected"});
  ExpectErrorContains<DataError>(open("m.jsonl", "{\"path\": \n"), {"m.jsonl:1"});
}

TEST(Folder, TakesImagesByExtensionInAnyCaseAndSkipsHiddenFiles) {
  const TempDir folder;
  for (const char* file : {"train/a/1.JPG", "train/a/2.jpeg", "train/a/3.JPE", "train/a/4.Png", "train/a/5.webp",
                           "train/a/6.bmp", "train/a/7.ppm", "train/a/8.TIF", "train/a/x/y/9.tiff"}) {
    WriteText(folder / file, kPicture);  // the content decides what they are
  }
  for (const char* file :
       {"train/a/notes.txt", "train/a/._1.jpg", "train/.ipynb_checkpoints/1.jpg", "train/list.csv"}) {
    WriteText(folder / file, "no picture");
  }
  const DatasetIndex train = OpenTrainingSet(Root(folder.path()));
  EXPECT_EQ(train.classes.ids, std::vector<std::string>{"a"});
  ASSERT_EQ(train.size(), 9);
  for (int64_t i = 0; i < 9; ++i) EXPECT_EQ(train.images->Load(i).width, 2) << train.images->Name(i);
}

TEST(Folder, WhatIsNoFileIsNamedAtOnce) {
  const TempDir folder;
  WriteText(folder / "train/a/1.ppm", kPicture);
  const auto open = [&] { OpenTrainingSet(Root(folder.path())); };
  WriteText(folder / "train/a/empty.jpg", "");
  ExpectErrorContains<DataError>(open, {"empty.jpg", "0 bytes"});
  fs::remove(folder / "train/a/empty.jpg");
  fs::create_symlink("gone.jpg", folder / "train/a/link.jpg");
  ExpectErrorContains<DataError>(open, {"link.jpg", "a link to gone.jpg", "does not exist"});
  fs::remove(folder / "train/a/link.jpg");
  fs::create_directories(folder / "train/b");
  ExpectErrorContains<DataError>(open, {"train/b", "without images"});
}

TEST(Folder, BadFilesAreToldWhenTheyAreReadWhereTheyMayBeSkipped) {
  const TempDir folder;
  WriteText(folder / "train/a/1.ppm", kPicture);
  WriteText(folder / "train/a/empty.jpg", "");
  fs::create_symlink("gone.jpg", folder / "train/a/link.jpg");
  DataConfig config = Root(folder.path());
  config.on_error = OnBadImage::kSkip;
  const DatasetIndex train = OpenTrainingSet(config);
  ASSERT_EQ(train.size(), 3);
  ASSERT_TRUE(train.bad);
  EXPECT_EQ(train.images->Load(0).width, 2);
  EXPECT_THROW(train.images->Load(1), DataError);
  ExpectErrorContains<DataError>([&] { train.images->Load(2); }, {"link.jpg", "a link to gone.jpg"});
}

TEST(Folder, AnImageThatGoesAwayLaterIsNamed) {
  const TempDir folder;
  WriteText(folder / "train/a/1.ppm", kPicture);
  const DatasetIndex train = OpenTrainingSet(Root(folder.path()));
  fs::remove(folder / "train/a/1.ppm");
  ExpectErrorContains<DataError>([&] { train.images->Load(0); }, {"1.ppm", "No such file"});
}

// Of a suite of its own, since the superuser may read everything.
TEST(UnreadableImage, IsNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser may read every file";
  const TempDir folder;
  WriteText(folder / "train/a/1.ppm", kPicture);
  fs::permissions(folder / "train/a/1.ppm", fs::perms::none);
  const DatasetIndex train = OpenTrainingSet(Root(folder.path()));
  ExpectErrorContains<DataError>([&] { train.images->Load(0); }, {"1.ppm", "Permission denied"});
}

TEST(Folder, AnAmbiguousTestSetIsRefused) {
  const TempDir folder;
  for (const char* file : {"train/a/1.ppm", "val/a/1.ppm", "test/a/1.ppm"}) WriteText(folder / file, kPicture);
  ExpectErrorContains<DataError>([&] { OpenDataset(Root(folder.path())); }, {"both val and test", "data.test"});
  DataConfig config = Root(folder.path());
  config.test = (folder / "val").string();
  EXPECT_EQ(OpenDataset(config).test.name, config.test);
}

TEST(Folder, AFlatTestSetPointsToTheManifest) {
  const TempDir folder;
  for (const char* file : {"train/a/1.ppm", "val/ILSVRC2012_val_00000001.JPEG"}) WriteText(folder / file, kPicture);
  ExpectErrorContains<DataError>([&] { OpenDataset(Root(folder.path())); }, {"val", "danas data manifest"});
  WriteText(folder / "val.csv", "path,label\nval/ILSVRC2012_val_00000001.JPEG,a\n");
  EXPECT_EQ(OpenDataset(Root(folder.path())).test.format, DataFormat::kManifest);
}

TEST(Format, MustBeWhatTheConfigSays) {
  const TempDir folder;
  WriteIdx(folder.path());
  DataConfig config = Root(folder.path());
  config.format = DataFormat::kIdx;
  EXPECT_EQ(OpenTrainingSet(config).size(), 7);
  config.format = DataFormat::kCifar10;
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"data.format says cifar10", "this is idx"});
}

TEST(DatasetFingerprint, FollowsNamesSizesAndLabels) {
  const TempDir folder;
  const auto fingerprint = [&] { return OpenTrainingSet(Root(folder.path())).fingerprint; };
  for (const char* file : {"train/a/1.ppm", "train/b/2.ppm"}) WriteText(folder / file, kPicture);
  const uint64_t first = fingerprint();
  EXPECT_EQ(fingerprint(), first);
  WriteText(folder / "train/a/1.ppm", std::string(kPicture) + "x");
  const uint64_t longer = fingerprint();
  EXPECT_NE(longer, first);
  fs::rename(folder / "train/a/1.ppm", folder / "train/a/3.ppm");
  const uint64_t renamed = fingerprint();
  EXPECT_NE(renamed, longer);
  WriteText(folder / "train/b/4.ppm", kPicture);
  EXPECT_NE(fingerprint(), renamed);
}

}  // namespace
}  // namespace danas
