#include "danas/data/pack.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "danas/core/error.h"
#include "danas/data/frame_queue.h"
#include "danas/data/transform.h"
#include "tests/data/data_support.h"
#include "tests/data/pack_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::GoldenFile;
using test::NoiseDataset;
using test::OpenTrain;
using test::Pack;
using test::ReadText;
using test::TempDir;
using test::WritePictures;
using test::WriteText;

namespace fs = std::filesystem;

std::vector<float> PixelsOf(const FrameBatch& batch) {
  const auto side = static_cast<int64_t>(test::SmallImages().image_size);
  return {batch.pixels.get(), batch.pixels.get() + batch.size() * side * side * 3};
}

// All batches of a training pass, with augmentation and in the seed's order.
std::vector<FrameBatch> BatchesOf(const DatasetIndex& dataset) {
  DataConfig config = test::SmallImages();
  config.augment.crop = CropKind::kRandomResized;
  FrameQueue loader(WholeSet(std::make_shared<DatasetIndex>(dataset)), std::make_shared<const Transform>(config, ImageUse::kTrain, 3),
                {.batch = 4, .shuffle = true, .workers = 2, .seed = 5});
  loader.Start(1);
  std::vector<FrameBatch> batches;
  while (auto batch = loader.Next()) batches.push_back(*batch);
  return batches;
}

// Classes, labels, fingerprint, pictures and batches to the bit.
void ExpectSameSet(const DatasetIndex& expected, const DatasetIndex& packed) {
  EXPECT_EQ(packed.format, DataFormat::kPacked);
  EXPECT_EQ(packed.classes.ids, expected.classes.ids);
  EXPECT_EQ(packed.classes.labels, expected.classes.labels);
  EXPECT_EQ(packed.labels, expected.labels);
  EXPECT_EQ(packed.fingerprint, expected.fingerprint);
  ASSERT_EQ(packed.size(), expected.size());
  for (int64_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(packed.images->Load(i), expected.images->Load(i)) << expected.images->Name(i);
  }
  const std::vector<FrameBatch> a = BatchesOf(expected), b = BatchesOf(packed);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(PixelsOf(a[i]), PixelsOf(b[i])) << "images of batch " << i;
    EXPECT_EQ(a[i].targets, b[i].targets) << "targets of batch " << i;
  }
}

void ExpectKeepsBytes(const DatasetIndex& source) {
  const TempDir out;
  for (const int64_t threads : {1, 3}) {
    const fs::path folder = out / std::to_string(threads);
    const PackOutcome outcome = Pack(source, folder, {.keep_bytes = true, .threads = threads});
    EXPECT_EQ(outcome.images, source.size());
    EXPECT_EQ(outcome.bytes, fs::file_size(folder / "data.mdb"));
    ExpectSameSet(source, OpenTrain(folder));
    ExpectSameSet(source, OpenTrain(folder / "data.mdb"));
  }
}

TEST(PackKeepingBytes, OfAFolderGivesTheSameBatches) {
  const TempDir folder;
  WritePictures(folder.path());
  const DatasetIndex source = OpenTrain(folder.path());
  EXPECT_EQ(source.size(), 10);
  ExpectKeepsBytes(source);
}

TEST(PackKeepingBytes, OfAManifestKeepsItsOrder) {
  const TempDir folder;
  WritePictures(folder / "images");
  WriteText(folder / "list.csv",
            "path,label\nimages/b/2.png,zebra\nimages/B/grey.jpg,ant\n\"images/a, c/one.png\",zebra\n"
            "images/b/1.jpg,ant\nimages/b/1.jpg,zebra\n");
  const DatasetIndex source = OpenTrain(folder / "list.csv");
  EXPECT_EQ(source.labels, (std::vector<int>{1, 0, 1, 0, 1}));
  ExpectKeepsBytes(source);
}

TEST(PackKeepingBytes, OfCifarAndIdxIsWithoutLoss) {
  const TempDir folder;
  std::string records;
  for (int i = 0; i < 30; ++i) {
    records += '\0';
    records += static_cast<char>(3 * i);
    for (int value = 0; value < 3072; ++value) records += static_cast<char>(value * (i + 1) / 7);
  }
  WriteText(folder / "cifar/train.bin", records);
  ExpectKeepsBytes(OpenTrain(folder / "cifar"));

  WriteText(folder / "idx/train-images-idx3-ubyte",
            std::string("\0\0\x08\x03\0\0\0\x09\0\0\0\x10\0\0\0\x0c", 16) + records.substr(0, 9 * 16 * 12));
  WriteText(folder / "idx/train-labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\x09\2\1\1\5\2\5\1\2\2", 17));
  ExpectKeepsBytes(OpenTrain(folder / "idx"));
}

TEST(PackKeepingBytes, StoresTheFilesThemselves) {
  const TempDir folder;
  WritePictures(folder / "in");
  const DatasetIndex source = OpenTrain(folder / "in");
  Pack(source, folder / "out", {.keep_bytes = true});
  const DatasetIndex packed = OpenTrain(folder / "out");
  for (int64_t i = 0; i < source.size(); ++i) {
    EXPECT_EQ(packed.images->EncodedBytes(i), source.images->EncodedBytes(i)) << source.images->Name(i);
  }
  // So a packed set can be packed again, and nothing is lost.
  Pack(packed, folder / "again", {.keep_bytes = true});
  ExpectSameSet(source, OpenTrain(folder / "again"));
}

TEST(Packed, NamesAreThoseOfTheSource) {
  const TempDir folder;
  WritePictures(folder / "in");
  Pack(OpenTrain(folder / "in"), folder / "out", {.keep_bytes = true});
  const DatasetIndex packed = OpenTrain(folder / "out");
  EXPECT_EQ(packed.images->Name(3), (folder / "out").string() + ", image 3 (a, c/16.png)");
  EXPECT_EQ(packed.images->Name(9), (folder / "out").string() + ", image 9 (b/deep/3.JPEG)");
  EXPECT_NE(packed.origin.find("packed from " + (folder / "in").string() + " (folder), bytes kept"), std::string::npos)
      << packed.origin;
}

TEST(Packed, ClassTextsComeAlongAndMayBeGivenAnew) {
  const TempDir folder;
  for (const char* file : {"in/n01/1.ppm", "in/n02/1.ppm"}) WriteText(folder / file, GoldenFile("decode/rgb.ppm"));
  DataConfig config;
  config.train = (folder / "in").string();
  config.class_names = WriteText(folder / "names.txt", "n01 goldfish\nn02 gro\xc3\x9f\n").string();
  Pack(OpenTrainingSet(config), folder / "out", {});
  EXPECT_EQ(OpenTrain(folder / "out").classes.labels, (std::vector<std::string>{"goldfish", "gro\xc3\x9f"}));
  config.train = (folder / "out").string();
  WriteText(folder / "names.txt", "n01 carp\nn02 owl\n");
  EXPECT_EQ(OpenTrainingSet(config).classes.labels, (std::vector<std::string>{"carp", "owl"}));
}

TEST(Packed, ARootIsRecognised) {
  const TempDir folder;
  for (const char* name : {"in/train", "in/val"}) WritePictures(folder / name);
  DataConfig config;
  for (const auto& [name, set] : OpenSetsAt(folder / "in", config)) {
    Pack(set, folder / "out" / name, {.keep_bytes = true});
  }
  config.root = (folder / "in").string();
  const Dataset source = OpenDataset(config);
  config.root = (folder / "out").string();
  for (const DataFormat format : {DataFormat::kAuto, DataFormat::kPacked, DataFormat::kFolder}) {
    config.format = format;  // the source's is taken, too: a config need not be changed
    const Dataset packed = OpenDataset(config);
    EXPECT_EQ(packed.train.name, (folder / "out/train").string());
    EXPECT_EQ(packed.test.name, (folder / "out/val").string());
    ExpectSameSet(source.train, packed.train);
    EXPECT_EQ(FormatOfTrainingSet(config), DataFormat::kFolder);
  }
  config.format = DataFormat::kIdx;
  ExpectErrorContains<DataError>([&] { OpenDataset(config); }, {"data.format says idx", "this is lmdb"});
  // One set alone in the root: it trains, and the test set is asked for.
  config.format = DataFormat::kAuto;
  config.root = (folder / "out/train").string();
  EXPECT_EQ(OpenTrainingSet(config).size(), 10);
  ExpectErrorContains<DataError>([&] { OpenDataset(config); }, {"one packed set", "data.test"});
}

TEST(PackMadeSmaller, TheShorterSideIsResizedAsTorchvisionDoes) {
  const TempDir folder;
  WriteText(folder / "in/a/1.png", GoldenFile("picture.png"));
  Pack(OpenTrain(folder / "in"), folder / "out", {.resize_short = 48, .quality = 100});
  const Image image = OpenTrain(folder / "out").images->Load(0);
  EXPECT_EQ(image.height, 48);
  EXPECT_EQ(image.width, 63);  // of 113 x 150
  // resize/9.ppm: the same, eight rows down within 64 x 64 black pixels. JPEG at its best quality still halves the
  // colours.
  WriteText(folder / "golden/a/9.ppm", GoldenFile("resize/9.ppm"));
  const Image golden = OpenTrain(folder / "golden").images->Load(0);
  double difference = 0;
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 3 * 63; ++x) difference += std::abs(image.Row(y)[x] - golden.Row(y + 8)[x]);
  }
  EXPECT_LT(difference / (48 * 63 * 3), 8);
}

TEST(PackMadeSmaller, NothingIsMadeLarger) {
  const TempDir folder;
  WritePictures(folder / "in");
  const DatasetIndex source = OpenTrain(folder / "in");
  Pack(source, folder / "out", {.resize_short = 100});
  const DatasetIndex packed = OpenTrain(folder / "out");
  ASSERT_EQ(packed.size(), source.size());
  int smaller = 0;
  for (int64_t i = 0; i < source.size(); ++i) {
    const Image before = source.images->Load(i), after = packed.images->Load(i);
    const bool large = std::min(before.height, before.width) > 100;
    smaller += large ? 1 : 0;
    EXPECT_EQ(after.height, large ? 100 : before.height) << source.images->Name(i);
    EXPECT_EQ(after.width, large ? 132 : before.width) << source.images->Name(i);
    EXPECT_EQ((*packed.images->EncodedBytes(i))[0], 0xFF) << "a JPEG";
  }
  EXPECT_EQ(smaller, 1);
}

TEST(PackMadeSmaller, QualityAndGreyMakeSmallerFiles) {
  const TempDir folder;
  WriteText(folder / "in/a/1.png", GoldenFile("picture.png"));
  WriteText(folder / "in/a/2.jpg", GoldenFile("decode/grey.jpg"));
  const DatasetIndex source = OpenTrain(folder / "in");
  const auto bytes = [&](const char* name, int64_t quality) {
    Pack(source, folder / name, {.quality = quality});
    return OpenTrain(folder / name).images->EncodedBytes(0)->size();
  };
  EXPECT_GT(bytes("fine", 95), 2 * bytes("coarse", 40));
  const std::vector<uint8_t> grey = *OpenTrain(folder / "fine").images->EncodedBytes(1);
  const std::string text(grey.begin(), grey.end());
  const size_t frame = text.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  EXPECT_EQ(text[frame + 9], 1) << "channels";
}

TEST(PackMadeSmaller, TheFingerprintTellsTheSettings) {
  const TempDir folder;
  WritePictures(folder / "in");
  const DatasetIndex source = OpenTrain(folder / "in");
  const auto fingerprint = [&](const char* name, const PackOptions& options) {
    Pack(source, folder / name, options);
    return OpenTrain(folder / name).fingerprint;
  };
  const std::set<uint64_t> all = {source.fingerprint, fingerprint("a", {}), fingerprint("b", {.resize_short = 200}),
                                  fingerprint("c", {.quality = 91})};
  EXPECT_EQ(all.size(), 4U);
  EXPECT_TRUE(all.contains(fingerprint("d", {.threads = 2, .transaction_bytes = 1})));
  WriteText(folder / "in/b/4.jpg", GoldenFile("decode/grey.jpg"));
  Pack(OpenTrain(folder / "in"), folder / "e", {});
  EXPECT_FALSE(all.contains(OpenTrain(folder / "e").fingerprint));
}

// Counts what is read of another source, and stops where it is told to.
class CountingSource : public ImageSource {
 public:
  explicit CountingSource(std::shared_ptr<const ImageSource> images) : images_(std::move(images)) {}
  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    ++reads;
    return images_->LoadPart(index, choose);
  }
  std::string Name(int64_t index) const override { return images_->Name(index); }

  mutable std::atomic<int64_t> reads = 0;

 private:
  std::shared_ptr<const ImageSource> images_;
};

struct Stopped {};

TEST(PackResumed, GoesOnAfterTheLastTransaction) {
  const TempDir folder;
  DatasetIndex source = NoiseDataset(40);
  const PackOptions options = {.keep_bytes = true, .transaction_bytes = 20'000};  // three images
  Pack(source, folder / "whole", options);
  auto counting = std::make_shared<CountingSource>(source.images);
  source.images = counting;
  const auto stop_at = [](int64_t stop) {
    return [stop](int64_t done) {
      if (done >= stop) throw Stopped();
    };
  };
  for (const int64_t stop : {9, 18, 33}) {
    EXPECT_THROW(Pack(source, folder / "out", options, stop_at(stop)), Stopped);
    ExpectErrorContains<DataError>([&] { OpenTrain(folder / "out"); }, {"out", "not finished", "it continues"});
  }
  const PackOutcome outcome = Pack(source, folder / "out", options);
  EXPECT_FALSE(outcome.was_finished);
  EXPECT_EQ(outcome.images, 40);
  EXPECT_LE(counting->reads, 40 + 3 * 3) << "what a transaction held was read again";
  ExpectSameSet(OpenTrain(folder / "whole"), OpenTrain(folder / "out"));
}

// Killed by the system in a transaction, again and again.
TEST(PackResumed, KilledItGoesOn) {
  const TempDir folder;
  const DatasetIndex source = NoiseDataset(60);
  const PackOptions options = {.keep_bytes = true, .threads = 2, .transaction_bytes = 20'000};
  int killed = 0;
  for (int64_t stop = 3; stop <= 52; stop += 7) {
    const pid_t child = fork();
    if (child == 0) {
      Pack(source, folder / "out", options, [&](int64_t done) {
        if (done >= stop) raise(SIGKILL);
      });
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 1 : 0;
    ExpectErrorContains<DataError>([&] { OpenTrain(folder / "out"); }, {"not finished"});
  }
  EXPECT_EQ(killed, 8);
  EXPECT_EQ(Pack(source, folder / "out", options).images, 60);
  Pack(source, folder / "whole", options);
  ExpectSameSet(OpenTrain(folder / "whole"), OpenTrain(folder / "out"));
}

TEST(PackResumed, AFinishedSetIsLeftAlone) {
  const TempDir folder;
  const DatasetIndex source = NoiseDataset(10);
  Pack(source, folder / "out", {});
  const std::string before = ReadText(folder / "out/data.mdb");
  const PackOutcome outcome = Pack(source, folder / "out", {.threads = 2});
  EXPECT_TRUE(outcome.was_finished);
  EXPECT_EQ(outcome.images, 10);
  EXPECT_EQ(ReadText(folder / "out/data.mdb"), before);
}

TEST(PackResumed, OtherSettingsAndSourcesAreRefused) {
  const TempDir folder;
  const DatasetIndex source = NoiseDataset(10);
  DatasetIndex other = source;
  other.fingerprint = 8;
  for (const bool finished : {false, true}) {
    const fs::path out = folder / (finished ? "finished" : "begun");
    const auto progress = [&](int64_t done) {
      if (!finished && done > 0) throw Stopped();
    };
    if (finished) {
      Pack(source, out, {}, progress);
    } else {
      EXPECT_THROW(Pack(source, out, {.transaction_bytes = 1}, progress), Stopped);
    }
    ExpectErrorContains<FileError>([&] { Pack(source, out, {.quality = 80}); },
                                   {out.filename().string(), "packed differently", "quality 90 -> 80"});
    ExpectErrorContains<FileError>([&] { Pack(source, out, {.keep_bytes = true}); },
                                   {"keep_bytes false -> true", "resize_short 256 -> null"});
    ExpectErrorContains<FileError>([&] { Pack(other, out, {}); }, {"fingerprint of the source"});
    EXPECT_EQ(Pack(source, out, {}).images, 10);
  }
}

TEST(PackResumed, OnlyEmptyFoldersAndItsOwnAreTaken) {
  const TempDir folder;
  const DatasetIndex source = NoiseDataset(3);
  WriteText(folder / "used/notes.txt", "precious");
  ExpectErrorContains<FileError>([&] { Pack(source, folder / "used", {}); }, {"used", "contains other files"});
  WriteText(folder / "foreign/data.mdb", std::string(20'000, 'x'));
  EXPECT_ANY_THROW(Pack(source, folder / "foreign", {}));
  EXPECT_EQ(ReadText(folder / "foreign/data.mdb"), std::string(20'000, 'x'));
  fs::create_directories(folder / "empty");
  EXPECT_EQ(Pack(source, folder / "empty", {}).images, 3);
  WriteText(folder / "killed/data.mdb", "");  // killed right after the file was made
  EXPECT_EQ(Pack(source, folder / "killed", {}).images, 3);
}

TEST(PackResumed, OneProcessPacksAtATime) {
  const TempDir folder;
  const DatasetIndex source = NoiseDataset(3);
  Pack(source, folder / "out", {}, [&](int64_t) {
    ExpectErrorContains<FileError>([&] { Pack(source, folder / "out", {}); }, {"another process is packing into it"});
  });
  EXPECT_EQ(OpenTrain(folder / "out").size(), 3);
}

TEST(PackOfBadImages, StopsAndGoesOnWithoutThemWhereTold) {
  const TempDir folder;
  WritePictures(folder / "in");
  WriteText(folder / "in/B/text.jpg", "no picture");
  const PackOptions options = {.keep_bytes = true, .threads = 2, .transaction_bytes = 1};
  ExpectErrorContains<DataError>([&] { Pack(OpenTrain(folder / "in"), folder / "out", options); },
                                 {"B/text.jpg", "not an image", "--skip-bad"});
  const DatasetIndex source = OpenTrain(folder / "in", OnBadImage::kSkip);
  const PackOutcome outcome = Pack(source, folder / "out", options);
  EXPECT_EQ(outcome.images, 10);
  EXPECT_EQ(outcome.left_out, 1);
  EXPECT_EQ(source.bad->count(), 1);
  const DatasetIndex packed = OpenTrain(folder / "out");
  EXPECT_NE(packed.fingerprint, source.fingerprint);
  EXPECT_NE(packed.origin.find("1 bad images left out"), std::string::npos) << packed.origin;
  fs::remove(folder / "in/B/text.jpg");
  const DatasetIndex good = OpenTrain(folder / "in");
  EXPECT_EQ(packed.labels, good.labels);
  for (int64_t i = 0; i < good.size(); ++i) EXPECT_EQ(packed.images->Load(i), good.images->Load(i));
}

// Each of two ranks decodes its half of every batch; together they make the whole one's.
TEST(Packed, RanksReadTheirShares) {
  const TempDir folder;
  Pack(NoiseDataset(24), folder / "out", {.keep_bytes = true});
  const auto batches = [&](int64_t rank, int64_t ranks) {
    const auto set = std::make_shared<DatasetIndex>(OpenTrain(folder / "out"));
    FrameQueue loader(WholeSet(set), std::make_shared<const Transform>(test::SmallImages(), ImageUse::kTrain, 3),
                  {.batch = 8, .shuffle = true, .rank = rank, .ranks = ranks, .seed = 5});
    loader.Start(0);
    std::vector<std::vector<float>> images;
    while (auto batch = loader.Next()) images.push_back(PixelsOf(*batch));
    return images;
  };
  const std::vector<std::vector<float>> whole = batches(0, 1), second = batches(1, 2);
  std::vector<std::vector<float>> joined = batches(0, 2);
  ASSERT_EQ(whole.size(), 3U);
  ASSERT_EQ(joined.size(), 3U);
  ASSERT_EQ(second.size(), 3U);
  for (size_t i = 0; i < whole.size(); ++i) {
    joined[i].insert(joined[i].end(), second[i].begin(), second[i].end());
    EXPECT_EQ(joined[i], whole[i]) << i;
  }
}

// The pages of a mapping of `file` that this process has touched, in bytes.
int64_t MappedResidentBytes(const fs::path& file) {
  std::ifstream maps("/proc/self/smaps");
  bool within = false;
  int64_t kibibytes = -1;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(file.string()) != std::string::npos) within = true;
    if (within && line.starts_with("Rss:")) {
      kibibytes = std::max<int64_t>(0, kibibytes) + std::stoll(line.substr(4));
      within = false;
    }
  }
  return kibibytes < 0 ? -1 : 1024 * kibibytes;
}

TEST(Packed, OpeningReadsTheIndexAlone) {
  const TempDir folder;
  Pack(NoiseDataset(3000), folder / "out", {.keep_bytes = true});
  const fs::path file = folder / "out/data.mdb";
  ASSERT_GT(fs::file_size(file), 25'000'000U);
  const DatasetIndex packed = OpenTrain(folder / "out");
  const int64_t opened = MappedResidentBytes(file);
  EXPECT_GE(opened, 0) << "not mapped";
  EXPECT_LT(opened, 3'000'000);
  for (int64_t i = 0; i < packed.size(); ++i) packed.images->Load(i);
  EXPECT_GT(MappedResidentBytes(file), 20'000'000) << "images are not read by the mapping";
}

TEST(Packed, ManyThreadsReadOneSet) {
  const TempDir folder;
  const DatasetIndex source = NoiseDataset(200);
  Pack(source, folder / "out", {.keep_bytes = true});
  const DatasetIndex packed = OpenTrain(folder / "out");
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int64_t i = 0; i < 200; ++i) {
          const int64_t image = (i * 7 + t * 50) % 200;
          if (packed.images->Load(image) != source.images->Load(image)) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Packed, OfNothingIsThere) {
  const TempDir folder;
  WriteText(folder / "text/data.mdb", "hello");
  ExpectErrorContains<DataError>([&] { OpenTrain(folder / "text"); }, {"text/data.mdb", "not an LMDB database"});
  WriteText(folder / "empty/data.mdb", "");
  ExpectErrorContains<DataError>([&] { OpenTrain(folder / "empty"); }, {"empty/data.mdb", "not an LMDB database"});
}

}  // namespace
}  // namespace danas
