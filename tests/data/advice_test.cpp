// What danas says where no dataset is recognised, and that following it leads to the dataset.
#include "src/data/advice.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <functional>

#include "danas/core/error.h"
#include "danas/data/dataset_index.h"
#include "src/data/archive.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

namespace fs = std::filesystem;

constexpr std::string_view kPicture("P6\n2 1\n255\n\xff\0\0\0\0\xff", 17);

// What opening it says, as `danas search --data ROOT`, and as `danas data check ROOT`.
std::vector<std::string> Messages(const fs::path& root) {
  std::vector<std::string> messages;
  DataConfig config;
  config.root = root.string();
  for (const std::function<void()>& open : {std::function<void()>([&] { OpenTrainingSet(config); }),
                                            std::function<void()>([&] { OpenSetsAt(root, {}); })}) {
    messages.push_back(ExpectErrorContains<DataError>(open, {root.string()}));
    EXPECT_EQ(messages.back().find("remove"), std::string::npos) << messages.back();
  }
  return messages;
}

void ExpectSaid(const fs::path& root, const std::string& words) {
  for (const std::string& message : Messages(root)) {
    EXPECT_NE(message.find(words), std::string::npos) << "expected \"" << words << "\" in: " << message;
  }
}

std::string BigEndian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

// Two images of two classes, as torchvision unpacks MNIST and its relatives.
void WriteMnist(const fs::path& folder) {
  for (const char* set : {"train", "t10k"}) {
    WriteText(folder / (std::string(set) + "-images-idx3-ubyte"),
              BigEndian(0x803) + BigEndian(2) + BigEndian(1) + BigEndian(1) + "ab");
    WriteText(folder / (std::string(set) + "-labels-idx1-ubyte"),
              BigEndian(0x801) + BigEndian(2) + std::string("\0\1", 2));
  }
}

void WriteClassFolders(const fs::path& set) {
  for (const char* image : {"cat/0.ppm", "dog/1.ppm", "dog/2.ppm"}) WriteText(set / image, kPicture);
}

int64_t TrainingImages(const fs::path& root) {
  DataConfig config;
  config.root = root.string();
  return OpenTrainingSet(config).size();
}

// Runs what stands between the message's first backquotes.
void Follow(const std::string& message) {
  const size_t begin = message.find('`') + 1;
  const std::string command = message.substr(begin, message.find('`', begin) - begin);
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

// `number` with `digits` octal digits.
std::string Octal(size_t number, size_t digits) {
  std::string text(digits, '0');
  for (size_t i = digits; i-- > 0; number /= 8) text[i] = static_cast<char>('0' + number % 8);
  return text;
}

std::string TarEntry(const std::string& name, const std::string& bytes) {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  header.replace(100, 7, "0000644");
  header.replace(124, 11, Octal(bytes.size(), 11));
  header.replace(136, 11, Octal(0, 11));
  header[156] = '0';
  header.replace(257, 8, std::string("ustar\00000", 8));
  header.replace(148, 8, "        ");  // counts as blanks in its own sum
  size_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  header.replace(148, 8, Octal(sum, 6) + std::string("\0 ", 2));
  return header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

using Files = std::vector<std::pair<std::string, std::string>>;

std::string Tar(const Files& files) {
  std::string bytes;
  for (const auto& [name, content] : files) bytes += TarEntry(name, content);
  return bytes + std::string(1024, '\0');
}

TEST(Advice, TorchvisionsMnistIsFoundBelow) {
  const TempDir root;
  WriteMnist(root / "MNIST/raw");
  ExpectSaid(root.path(), "--data " + (root / "MNIST/raw").string() + ")");
  ExpectSaid(root / "MNIST", "--data " + (root / "MNIST/raw").string() + ")");
  EXPECT_EQ(TrainingImages(root / "MNIST/raw"), 2);
  WriteMnist(root / "FashionMNIST/raw");
  ExpectSaid(root.path(), (root / "FashionMNIST/raw").string() + ", " + (root / "MNIST/raw").string());
}

TEST(Advice, CifarBelowIsFoundAndItsPicklesAreNamed) {
  const TempDir root;
  std::string records;
  for (int i = 0; i < 10; ++i) records += static_cast<char>(i) + std::string(3072, 'x');
  for (const char* file : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    WriteText(root / "sets/cifar/cifar-10-batches-bin" / file, records);
  }
  ExpectSaid(root.path(), "--data " + (root / "sets/cifar").string() + ")");
  EXPECT_EQ(TrainingImages(root / "sets/cifar"), 50);
  const TempDir other;
  WriteText(other / "torch/cifar-10-batches-py/data_batch_1", std::string("\x80\x02}q\x01", 5));
  ExpectSaid(other.path(), "cifar-10-binary.tar.gz");
}

TEST(Advice, ADatasetOneLevelDeeperIsNamed) {
  const TempDir root;
  WriteClassFolders(root / "imagenet/train");
  WriteClassFolders(root / "imagenet/val");
  ExpectSaid(root.path(), "imagenet");
  DataConfig config;
  config.root = root.path().string();
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"--data " + (root / "imagenet").string() + ")"});
  EXPECT_EQ(TrainingImages(root / "imagenet"), 3);
  config.root = "";
  config.train = root.path().string();  // one class, of all images
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); },
                                 {"imagenet would be the only class", "give " + (root / "imagenet").string()});
  config.train = (root / "imagenet").string();  // two classes, train and val
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"(train, val) are named like sets", "data.root"});
}

TEST(Advice, OneSetIsNoRoot) {
  const TempDir root;
  WriteClassFolders(root / "pets");
  DataConfig config;
  config.root = (root / "pets").string();
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); },
                                 {"it is one set", "--set data.train=" + (root / "pets").string()});
  EXPECT_EQ(OpenSetsAt(root / "pets", {})[0].set.size(), 3);
}

TEST(Advice, SetsUnderOtherNamesAreNamed) {
  const TempDir root;
  WriteClassFolders(root / "Training");
  WriteClassFolders(root / "valid");
  DataConfig config;
  config.root = root.path().string();
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); },
                                 {"no training set", "set data.train to " + (root / "Training").string()});
  fs::rename(root / "Training", root / "train");
  ExpectErrorContains<DataError>([&] { OpenDataset(config); },
                                 {"no test set", "set data.test to " + (root / "valid").string()});
  fs::rename(root / "valid", root / "other");
  ExpectErrorContains<DataError>([&] { OpenDataset(config); }, {"no test set was found beside", "val/ or test/"});
}

TEST(Advice, TablesOfTheHubAreNamed) {
  const TempDir root;
  WriteText(root / "README.md", "a dataset");
  WriteText(root / "data/train-00000-of-00001.parquet", "PAR1");
  WriteText(root / "data/test-00000-of-00001.parquet", "PAR1");
  ExpectSaid(root.path(), "data holds tables as the Hugging Face Hub has them (test-00000-of-00001.parquet, ");
  ExpectSaid(root / "data", "docs/data.md, 'Other forms'");
  for (const char* name : {"train", "test"}) {
    WriteText(root / "data" / (std::string(name) + "-00000-of-00001.parquet"),
              "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
  }
  ExpectSaid(root.path(), "lfs pull");
}

TEST(Advice, ImagesWithoutFoldersAreNamed) {
  const TempDir root;
  for (const char* image : {"0.ppm", "1.ppm"}) WriteText(root / "pictures" / image, kPicture);
  ExpectSaid(root / "pictures", "holds 2 images (0.ppm, ...) without class folders");
  DataConfig config;
  config.root = root.path().string();  // a set of the one class 'pictures', as far as danas can tell
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"(pictures): it is one set"});
  WriteText(root / "heic/cat/0.heic", "no matter");
  ExpectSaid(root / "heic", "convert them to JPEG or PNG");
  fs::create_directories(root / "nothing");
  ExpectSaid(root / "nothing", "nothing is empty");
}

TEST(Advice, AnEmptyClassBesideOthersSaysWhatItHolds) {
  const TempDir root;
  WriteClassFolders(root / "train");
  fs::create_directories(root / "train/emu");
  ExpectSaid(root.path(), "train/emu: a class without images");
  WriteText(root / "train/emu/emu.tar", Tar({{"3.ppm", std::string(kPicture)}}));
  Follow(Messages(root.path())[0]);
  EXPECT_EQ(TrainingImages(root.path()), 4);
  fs::create_directories(root / "train/fox");
  WriteText(root / "train/fox/notes.txt", "none yet");
  ExpectSaid(root.path(), "Each folder in " + (root / "train").string() + " is a class");
}

// ImageNet: the archive of archives, or its archives, one a class.
TEST(Advice, TarsOfClassesAreUnpackedByItsCommand) {
  const TempDir root;
  const std::string picture(kPicture);
  WriteText(root / "train/n01.tar", Tar({{"n01_1.ppm", picture}, {"n01_2.ppm", picture}}));
  WriteText(root / "train/n02.tar", Tar({{"n02_1.ppm", picture}}));
  ExpectSaid(root.path(), "holds 2 archives (n01.tar, ...)");
  Follow(Messages(root.path())[0]);
  EXPECT_EQ(TrainingImages(root.path()), 3);
  EXPECT_TRUE(fs::exists(root / "train/n01.tar"));
  const TempDir whole;
  WriteText(whole / "it's/train.tar",
            Tar({{"n01.tar", Tar({{"1.ppm", picture}})}, {"n02.tar", Tar({{"2.ppm", picture}})}}));
  ExpectSaid(whole / "it's", "then unpack the archives of the classes");
  Follow(Messages(whole / "it's")[0]);
  Follow(Messages(whole / "it's")[0]);
  EXPECT_EQ(TrainingImages(whole / "it's"), 2);
}

TEST(Advice, AnArchiveOfADatasetIsUnpackedByItsCommand) {
  const TempDir root;
  const std::string picture(kPicture);
  const std::string tar = Tar({{"pets/train/cat/0.ppm", picture}, {"pets/train/dog/1.ppm", picture}});
  gzFile file = gzopen((root / "pets.tar.gz").c_str(), "wb");
  ASSERT_EQ(gzwrite(file, tar.data(), static_cast<unsigned>(tar.size())), static_cast<int>(tar.size()));
  ASSERT_EQ(gzclose(file), Z_OK);
  ExpectSaid(root.path(), "pets.tar.gz is a tar archive. Unpack it: `tar -xf ");
  ExpectSaid(root / "pets.tar.gz", "Unpack it: `tar -xf ");
  Follow(Messages(root.path())[0]);
  EXPECT_EQ(TrainingImages(root / "pets"), 2);
  const TempDir others;
  WriteText(others / "a/pets.zip", "PK\x03\x04 and so on");
  ExpectSaid(others / "a", "unzip -q " + (others / "a/pets.zip").string() + " -d " + (others / "a/pets").string());
  WriteText(others / "b/cifar-10-python.tar.gz", Tar({{"cifar-10-batches-py/data_batch_1", "x"}}));
  fs::rename(others / "b/cifar-10-python.tar.gz", others / "b/cifar-10-python.tar");
  ExpectSaid(others / "b", "Fetch cifar-10-binary.tar.gz");
  WriteText(others / "c/ILSVRC2012_img_val.tar", Tar({{"ILSVRC2012_val_00000001.JPEG", picture}}));
  ExpectSaid(others / "c", "danas data manifest --devkit");
}

TEST(Advice, ShardsOfWebdatasetBecomeAManifest) {
  const TempDir root;
  const std::string picture(kPicture);
  for (const char* shard : {"000.tar", "001.tar"}) {  // with the same keys
    WriteText(root / "train" / shard, Tar({{"0.cls", "3"}, {"0.ppm", picture}, {"1.cls", "7"}, {"1.ppm", picture}}));
  }
  ExpectSaid(root.path(), "shards in webdataset format");
  Follow(Messages(root.path())[0]);
  EXPECT_EQ(TrainingImages(root.path()), 4);
  DataConfig config;
  config.root = root.path().string();
  EXPECT_EQ(ImagesPerClass(OpenTrainingSet(config)), (std::vector<int64_t>{2, 2}));
}

TEST(ShellWord, IsOneWord) {
  EXPECT_EQ(ShellWord("/data/a-b_1.tar"), "/data/a-b_1.tar");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace danas
