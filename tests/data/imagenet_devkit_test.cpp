#include "danas/data/imagenet_devkit.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "danas/data/dataset_index.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::SourcePath;
using test::TempDir;
using test::WriteText;

constexpr std::string_view kPicture("P6\n2 1\n255\n\xff\0\0\0\0\xff", 17);

// Three validation images of classes 3, 1, 2.
DevkitFiles MakeFiles(const TempDir& folder) {
  for (const char* number : {"1", "2", "3"}) {
    WriteText(folder / (std::string("val/ILSVRC2012_val_0000000") + number + ".JPEG"), kPicture);
  }
  WriteText(folder / "truth.txt", "3\n1\n2\n");
  return {.images = folder / "val",
          .ground_truth = folder / "truth.txt",
          .synsets = SourcePath("tests/golden/devkit/meta_packed.mat")};
}

constexpr const char* kManifest =
    "path,label\n"
    "val/ILSVRC2012_val_00000001.JPEG,n01440764\n"
    "val/ILSVRC2012_val_00000002.JPEG,n02119789\n"
    "val/ILSVRC2012_val_00000003.JPEG,n02100735\n";

TEST(ImagenetDevkit, MakesAManifestThatOpens) {
  const TempDir folder;
  DevkitFiles files = MakeFiles(folder);
  for (const char* name : {"meta_packed.mat", "meta_plain.mat"}) {
    files.synsets = SourcePath(std::string("tests/golden/devkit/") + name);
    const DevkitManifest manifest = MakeDevkitManifest(files, folder.path());
    EXPECT_EQ(manifest.csv, kManifest) << name;
    EXPECT_EQ(manifest.class_names,
              "n01440764 tench, Tinca tinca\nn02100735 English setter\nn02119789 kit fox, Vulpes macrotis\n");
    EXPECT_EQ(manifest.images, 3);
    EXPECT_EQ(manifest.classes, 3);
  }
  for (const char* id : {"n01440764", "n02100735", "n02119789"}) WriteText(folder / "train" / id / "1.ppm", kPicture);
  DataConfig config;
  config.train = (folder / "train").string();
  config.test = WriteText(folder / "val.csv", kManifest).string();
  EXPECT_EQ(OpenDataset(config).test.labels, (std::vector<int>{0, 2, 1}));
}

TEST(ImagenetDevkit, TakesAListOfSynsets) {
  const TempDir folder;
  DevkitFiles files = MakeFiles(folder);
  files.synsets = WriteText(folder / "synsets.txt", "n02119789 kit fox, Vulpes macrotis\nn02100735\nn01440764\n");
  EXPECT_EQ(MakeDevkitManifest(files, folder.path()).csv, kManifest);
}

TEST(ImagenetDevkit, ListsMayHaveAMark) {
  const TempDir folder;
  DevkitFiles files = MakeFiles(folder);
  WriteText(files.ground_truth,
            "\xEF\xBB\xBF"
            "3\r\n1\r\n2\r\n");
  files.synsets = WriteText(folder / "synsets.txt", "\xEF\xBB\xBFn02119789 kit fox\r\nn02100735\r\nn01440764\r\n");
  EXPECT_EQ(MakeDevkitManifest(files, folder.path()).csv, kManifest);
}

TEST(ImagenetDevkit, SaysWhatDoesNotFit) {
  const TempDir folder;
  DevkitFiles files = MakeFiles(folder);
  const auto make = [&] { MakeDevkitManifest(files, folder.path()); };
  WriteText(files.ground_truth, "3\n1\n");
  ExpectErrorContains<DataError>(make, {"3 images", "2 lines", "truth.txt"});
  WriteText(files.ground_truth, "3\n1\n7\n");
  ExpectErrorContains<DataError>(make, {"truth.txt", "entry 3", "ID 7", "meta_packed.mat"});
  WriteText(files.ground_truth, "3\n1\nx\n");
  ExpectErrorContains<DataError>(make, {"truth.txt", "'x'"});
  files.ground_truth = folder / "absent.txt";
  ExpectErrorContains<DataError>(make, {"absent.txt"});
}

// meta.mat cut anywhere, or with a byte changed: a DataError or, where the change hits a text, a manifest.
TEST(ImagenetDevkit, DamagedMetaNeverDoesMoreThanThrow) {
  const TempDir folder;
  DevkitFiles files = MakeFiles(folder);
  for (const char* name : {"meta_packed.mat", "meta_plain.mat"}) {
    const std::string bytes = test::ReadText(SourcePath(std::string("tests/golden/devkit/") + name));
    files.synsets = folder / "meta.mat";
    for (size_t length = 0; length + 8 < bytes.size(); length += 7) {
      WriteText(files.synsets, bytes.substr(0, length));
      ExpectErrorContains<DataError>([&] { MakeDevkitManifest(files, folder.path()); }, {"meta.mat"});
    }
    for (size_t at = 128; at < bytes.size(); at += 3) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
      WriteText(files.synsets, damaged);
      try {
        MakeDevkitManifest(files, folder.path());
      } catch (const DataError& error) {
        ASSERT_NE(std::string(error.what()).find("meta.mat"), std::string::npos) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace danas
