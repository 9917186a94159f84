#include "src/data/class_folders.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <csignal>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/data/check_images.h"
#include "danas/data/dataset_index.h"
#include "src/data/long_path.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

namespace fs = std::filesystem;

constexpr std::string_view kPicture("P6\n2 1\n255\n\xff\0\0\0\0\xff", 17);

// Four classes of three images each, for training and for validation.
void WriteAnimals(const fs::path& base) {
  for (const char* set : {"train", "val"}) {
    for (const char* each : {"cat", "dog", "fox", "owl"}) {
      for (const char* image : {"0.ppm", "1.ppm", "2.ppm"}) WriteText(base / set / each / image, kPicture);
    }
  }
}

DatasetIndex OpenTrain(const fs::path& base, OnBadImage on_error = OnBadImage::kStop) {
  DataConfig config;
  config.root = base.string();
  config.on_error = on_error;
  return OpenTrainingSet(config);
}

const std::vector<std::string> kAnimals = {"cat", "dog", "fox", "owl"};

TEST(LinkedFolders, ACircleIsPassedOverWithItsName) {
  const TempDir base;
  WriteAnimals(base.path());
  const uint64_t before = OpenTrain(base.path()).fingerprint;
  fs::create_directory_symlink("../..", base / "train/cat/loop");
  const DatasetIndex train = OpenTrain(base.path());
  EXPECT_EQ(train.classes.ids, kAnimals);
  EXPECT_EQ(ImagesPerClass(train), (std::vector<int64_t>{3, 3, 3, 3}));
  EXPECT_EQ(train.fingerprint, before);
  EXPECT_EQ(train.passed_over, std::vector<std::string>{
                                   (base / "train/cat/loop").string() +
                                   ": a link to ../.. is skipped: it leads back to a folder that contains the link"});
}

TEST(LinkedFolders, CirclesThroughEachOtherEnd) {
  const TempDir base;
  WriteAnimals(base.path());
  fs::create_directory_symlink("../..", base / "train/cat/loop");
  fs::create_directory_symlink(".", base / "train/self");
  fs::create_directory_symlink("../dog", base / "train/cat/other");
  fs::create_directory_symlink("../cat", base / "train/dog/other");
  const DatasetIndex train = OpenTrain(base.path());
  EXPECT_EQ(train.classes.ids, kAnimals);
  EXPECT_EQ(ImagesPerClass(train), (std::vector<int64_t>{3, 3, 3, 3}));
  EXPECT_EQ(train.passed_over.size(), 4U);
  for (const NamedSet& set : OpenSetsAt(base.path(), {})) {
    EXPECT_EQ(set.set.size(), 12) << set.name;
    EXPECT_EQ(FindBrokenImages(set.set, 1, [](int64_t) {}), std::vector<std::string>()) << set.name;
  }
}

// Circles that lie outside of the set's own folder, so that no folder of it is met again at first.
TEST(LinkedFolders, CirclesBehindALinkEnd) {
  const TempDir base;
  for (const char* image : {"raw/deep/0.ppm", "raw/1.ppm", "train/cat/2.ppm"}) WriteText(base / image, kPicture);
  fs::create_directory_symlink("..", base / "raw/deep/up");
  fs::create_directory_symlink("../../train", base / "raw/deep/back");
  fs::create_directory_symlink("../../raw", base / "train/cat/more");
  const DatasetIndex train = OpenTrain(base.path());
  EXPECT_EQ(ImagesPerClass(train), std::vector<int64_t>{3});
  EXPECT_EQ(train.passed_over.size(), 2U);
}

TEST(LinkedFolders, LinksToFoldersElsewhereAreFollowed) {
  const TempDir base;
  for (const char* image : {"raw/a/0.ppm", "raw/b/x/1.ppm", "raw/b/2.ppm", "train/c/3.ppm", "extra/4.ppm"}) {
    WriteText(base / image, kPicture);
  }
  fs::create_directory_symlink(base / "raw/a", base / "train/a");
  fs::create_directory_symlink("../raw/b", base / "train/b");
  fs::create_directory_symlink("../../extra", base / "train/c/extra");
  const DatasetIndex train = OpenTrain(base.path());
  EXPECT_EQ(train.classes.ids, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(ImagesPerClass(train), (std::vector<int64_t>{1, 2, 2}));
  EXPECT_EQ(train.images->Name(4), (base / "train/c/extra/4.ppm").string());
  EXPECT_EQ(train.passed_over, std::vector<std::string>());
}

// Whatever order names have, a folder keeps its own class, and a class that a link names has what it leads to.
TEST(LinkedFolders, AFolderHasOneClass) {
  const TempDir base;
  WriteAnimals(base.path());
  fs::create_directory_symlink("owl", base / "train/a_bird");
  const DatasetIndex twice = OpenTrain(base.path());
  EXPECT_EQ(twice.classes.ids, kAnimals);
  ASSERT_EQ(twice.passed_over.size(), 1U);
  EXPECT_NE(twice.passed_over[0].find("a_bird: a link to owl"), std::string::npos) << twice.passed_over[0];
  EXPECT_NE(twice.passed_over[0].find((base / "train/owl").string()), std::string::npos) << twice.passed_over[0];
  WriteText(base / "train/dog/young/3.ppm", kPicture);
  fs::create_directory_symlink("dog/young", base / "train/puppy");
  const DatasetIndex within = OpenTrain(base.path());
  EXPECT_EQ(within.classes.ids, (std::vector<std::string>{"cat", "dog", "fox", "owl", "puppy"}));
  EXPECT_EQ(ImagesPerClass(within), (std::vector<int64_t>{3, 3, 3, 3, 1}));
}

TEST(LinkedFolders, AClassOfPassedOverLinksAloneIsNoClass) {
  const TempDir base;
  WriteAnimals(base.path());
  fs::create_directories(base / "train/pet");
  fs::create_directory_symlink("../cat", base / "train/pet/cats");
  ExpectErrorContains<DataError>([&] { OpenTrain(base.path()); },
                                 {"train/pet: a class without images", "pet/cats: a link to ../cat is skipped"});
}

// As torchvision, which follows links to files: two names are two images.
TEST(LinkedFiles, AreImagesOfTheirOwn) {
  const TempDir base;
  WriteAnimals(base.path());
  fs::create_symlink("0.ppm", base / "train/cat/same.ppm");
  fs::create_symlink("../dog/0.ppm", base / "train/cat/dog.ppm");
  fs::create_hard_link(base / "train/cat/0.ppm", base / "train/cat/hard.ppm");
  const DatasetIndex train = OpenTrain(base.path());
  EXPECT_EQ(ImagesPerClass(train), (std::vector<int64_t>{6, 3, 3, 3}));
  EXPECT_EQ(train.images->Load(5).width, 2);
}

TEST(LinkedFiles, BrokenOnesAreNamed) {
  const TempDir base;
  WriteAnimals(base.path());
  const auto open = [&] { OpenTrain(base.path()); };
  fs::create_symlink("round.ppm", base / "train/cat/round.ppm");
  ExpectErrorContains<DataError>(open, {"cat/round.ppm: a link to round.ppm", "circle of links", "data.on_error"});
  EXPECT_EQ(OpenTrain(base.path(), OnBadImage::kSkip).size(), 13);
  fs::remove(base / "train/cat/round.ppm");
  fs::create_symlink("/nowhere/more", base / "train/cat/more");  // may have been a folder
  ExpectErrorContains<DataError>(open, {"cat/more: a link to /nowhere/more, which does not exist"});
  const DatasetIndex train = OpenTrain(base.path(), OnBadImage::kSkip);
  ASSERT_EQ(train.size(), 13);
  ExpectErrorContains<DataError>([&] { train.images->Load(3); }, {"cat/more: a link to /nowhere/more"});
  fs::remove(base / "train/cat/more");
  fs::create_symlink("/nowhere/bear", base / "train/bear");
  for (const OnBadImage on_error : {OnBadImage::kStop, OnBadImage::kSkip}) {
    ExpectErrorContains<DataError>([&] { OpenTrain(base.path(), on_error); },
                                   {"train/bear: a link to /nowhere/bear", "may lead to a class"});
  }
}

TEST(LinkedFiles, ABrokenLinkToASetIsNamed) {
  const TempDir base;
  fs::create_symlink("/nowhere/train", base / "train");
  ExpectErrorContains<DataError>([&] { OpenTrain(base.path()); },
                                 {"train: a link to /nowhere/train, which does not exist"});
  WriteText(base / "half/train/cat/0.ppm", kPicture);
  fs::create_symlink("/nowhere/val", base / "half/val");
  ExpectErrorContains<DataError>([&] { OpenSetsAt(base / "half", {}); }, {"val: a link to /nowhere/val"});
  fs::create_symlink("/nowhere/base", base / "base");
  ExpectErrorContains<DataError>([&] { OpenTrain(base / "base"); }, {"base: a link to /nowhere/base"});
  ExpectErrorContains<DataError>([&] { OpenSetsAt(base / "base", {}); }, {"base: a link to /nowhere/base"});
}

// In a process of its own, since a signal stays noted.
TEST(ClassFolders, ASignalEndsTheWalk) {
  const TempDir base;
  WriteAnimals(base.path());
  for (const int signal : {SIGTERM, SIGINT}) {
    const pid_t child = fork();
    if (child == 0) {
      CatchInterrupts();
      std::raise(signal);
      try {
        FindClassFolders(base / "train");
      } catch (const Interrupted&) {
        _exit(0);
      }
      _exit(1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << signal;
  }
}

// A picture below `folder` at a path longer than PATH_MAX; that path, relative to `folder`.
std::string WriteDeep(const fs::path& folder) {
  const std::string name(200, 'd');
  std::string path;
  int at = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  for (; path.size() < PATH_MAX + 500; path += name + "/") {
    EXPECT_EQ(mkdirat(at, name.c_str(), 0755), 0);
    const int next = openat(at, name.c_str(), O_RDONLY | O_DIRECTORY);
    close(at);
    at = next;
  }
  const int file = openat(at, "deep.ppm", O_WRONLY | O_CREAT, 0644);
  EXPECT_EQ(write(file, kPicture.data(), kPicture.size()), static_cast<ssize_t>(kPicture.size()));
  close(file);
  EXPECT_EQ(symlinkat("gone.ppm", at, "link.ppm"), 0);
  close(at);
  return path + "deep.ppm";
}

TEST(ClassFolders, PathsAreAsLongAsTheyAre) {
  const TempDir base;
  WriteAnimals(base.path());
  const std::string deep = WriteDeep(base / "train/cat");
  ExpectErrorContains<DataError>([&] { OpenTrain(base.path()); },
                                 {"link.ppm: a link to gone.ppm, which does not exist"});
  const DatasetIndex train = OpenTrain(base.path(), OnBadImage::kSkip);
  ASSERT_EQ(ImagesPerClass(train), (std::vector<int64_t>{5, 3, 3, 3}));
  EXPECT_EQ(train.images->Name(3), (base / "train/cat" / deep).string());
  EXPECT_EQ(train.images->Load(3).width, 2);
  EXPECT_EQ(train.images->EncodedBytes(3)->size(), kPicture.size());
  ExpectErrorContains<DataError>([&] { train.images->Load(4); },
                                 {"link.ppm: a link to gone.ppm, which does not exist"});
  const std::string too_long(300, 'x');  // a single name
  struct stat status {};
  EXPECT_EQ(StatPath((base / "train/cat" / deep).parent_path() / too_long, status), -1);
  EXPECT_EQ(errno, ENAMETOOLONG);
}

}  // namespace
}  // namespace danas
