// Class folders of image files, and the images they and manifests name.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <set>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/text_list.h"
#include "danas/data/decode.h"
#include "src/data/advice.h"
#include "src/data/class_folders.h"
#include "src/data/file_bytes.h"
#include "src/data/formats.h"
#include "src/data/long_path.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

class FileSource : public ImageSource {
 public:
  FileSource(fs::path root, std::vector<StoredImage> images, int64_t max_pixels)
      : root_(std::move(root)), images_(std::move(images)), max_pixels_(max_pixels) {}

  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    const fs::path path = PathOf(index);
    return DecodeImage(ReadFileBytes(path), path.string(), max_pixels_, choose);
  }
  std::optional<std::vector<uint8_t>> EncodedBytes(int64_t index) const override {
    return ReadFileBytes(PathOf(index));
  }
  std::string Name(int64_t index) const override { return PathOf(index).string(); }
  StoredImage Stored(int64_t index) const override { return images_[static_cast<size_t>(index)]; }
  uint64_t ContentHash(int64_t index) const override { return HashBytes(ReadFileBytes(PathOf(index))); }

 private:
  fs::path PathOf(int64_t index) const { return root_ / images_[static_cast<size_t>(index)].name; }

  fs::path root_;
  std::vector<StoredImage> images_;
  int64_t max_pixels_;
};

constexpr const char* kImageEndings = "jpg, jpeg, jpe, png, webp, bmp, ppm, pgm, pbm, gif, tif, tiff";
constexpr const char* kSkipHint = "; with data.on_error 'skip' a run continues without it";

uint64_t RequiredFileSize(const fs::path& path) {
  struct stat status {};
  if (StatPath(path, status) != 0) {
    const int error = errno;
    if (error == ENOENT && LinkTarget(path).empty()) throw DataError(path.string() + ": no such file");
    FailToReach(path, error);
  }
  if (!S_ISREG(status.st_mode)) throw DataError(path.string() + ": not a file");
  if (status.st_size == 0) throw DataError(path.string() + ": the file is empty (0 bytes). Replace it");
  return static_cast<uint64_t>(status.st_size);
}

std::string NamesOf(const std::vector<ClassFolder>& classes) {
  std::vector<std::string> names;
  for (const ClassFolder& folder : classes) names.push_back(folder.name);
  return FirstOf(names, 3);
}

std::string SentencesOf(const std::vector<std::string>& sentences) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < std::min(kShown, sentences.size()); ++i) text += ". " + sentences[i];
  return text;
}

[[noreturn]] void FailForEmptyClass(const fs::path& root, const ClassFolders& found, const ClassFolder& empty) {
  const bool all_empty =
      std::ranges::all_of(found.classes, [](const ClassFolder& each) { return each.images.empty(); });
  const std::string advice = AdviceFor(all_empty ? root : root / empty.name);
  const std::string message = (root / empty.name).string() + ": a class without images (" + kImageEndings + ")" +
                              SentencesOf(found.passed_over);
  if (!advice.empty()) throw DataError(message + ". " + advice);
  throw DataError(
      message + ". Each folder in " + root.string() +
      " is a class: put its images there, keep folders that are not classes elsewhere, or list the images in a "
      "manifest (docs/data.md)");
}

// Folders one level too high would be read as classes, and the classes in them be lost.
void CheckAreClasses(const fs::path& root, const std::vector<ClassFolder>& classes) {
  constexpr std::array kSetNames = {"train", "val", "test", "valid", "validation"};
  const auto is_set = [&](const ClassFolder& each) { return std::ranges::count(kSetNames, each.name) > 0; };
  if (std::ranges::all_of(classes, is_set)) {
    throw DataError(root.string() + ": its folders (" + NamesOf(classes) +
                    ") are named like sets, not classes. Set data.root (--data) to " + root.string() +
                    ", or data.train to one of them");
  }
  if (classes.size() != 1) return;
  std::set<std::string> within;  // folders in the only class
  const std::string start = classes[0].name + "/";
  for (const std::string& image : classes[0].images) {
    const size_t end = image.find('/', start.size());
    if (end == std::string::npos) return;
    within.insert(image.substr(start.size(), end - start.size()));
  }
  if (within.size() < 2) return;
  const std::string folder = (root / classes[0].name).string();
  throw DataError(root.string() + ": " + classes[0].name + " would be the only class, and it contains folders (" +
                  *within.begin() + ", " + *std::next(within.begin()) + (within.size() > 2 ? ", ...)" : ")") +
                  ". If these are the classes or sets, give " + folder + " instead");
}

void TellPassedOver(const std::vector<std::string>& lines) {
  constexpr size_t kTold = 10;
  for (size_t i = 0; i < std::min(kTold, lines.size()); ++i) log::warn("{}", lines[i]);
  if (lines.size() > kTold) log::warn("{} more folders are skipped for the same reasons", lines.size() - kTold);
}

}  // namespace

uint64_t ImageFileSize(const fs::path& path, OnBadImage on_error) {
  try {
    return RequiredFileSize(path);
  } catch (const DataError& error) {
    if (on_error == OnBadImage::kStop) throw DataError(error.what() + std::string(kSkipHint));
    return 0;
  }
}

std::shared_ptr<const ImageSource> MakeFileSource(fs::path root, std::vector<StoredImage> images, int64_t max_pixels) {
  return std::make_shared<FileSource>(std::move(root), std::move(images), max_pixels);
}

bool RecognizeFolder(const fs::path& path) {
  if (!fs::is_directory(path)) return false;
  return std::ranges::any_of(ListFolder(path),
                             [](const FolderEntry& entry) { return entry.kind != EntryKind::kOther; });
}

DatasetIndex OpenFolder(const fs::path& path, const DataConfig& config) {
  DatasetIndex index;
  index.name = path.string();
  index.format = DataFormat::kFolder;
  ClassFolders found = FindClassFolders(path);
  for (const ClassFolder& each : found.classes) {
    if (each.images.empty()) FailForEmptyClass(path, found, each);
  }
  if (found.classes.empty()) {
    throw DataError(path.string() + ": no class folder is left" + SentencesOf(found.passed_over));
  }
  CheckAreClasses(path, found.classes);
  TellPassedOver(found.passed_over);
  std::vector<StoredImage> images;
  std::vector<SampleKey> keys;
  for (ClassFolder& each : found.classes) {
    const int label = static_cast<int>(index.classes.ids.size());
    index.classes.ids.push_back(each.name);
    for (std::string& image : each.images) {
      ThrowIfInterrupted();  // a file server answers each question late
      const uint64_t size = ImageFileSize(path / image, config.on_error);
      keys.push_back({.name = image, .size = size, .label = label});
      index.labels.push_back(label);
      images.push_back({.name = std::move(image), .bytes = size});
    }
  }
  index.passed_over = std::move(found.passed_over);
  index.fingerprint = Fingerprint(DataFormat::kFolder, std::move(keys));
  index.images = MakeFileSource(path, std::move(images), config.max_pixels);
  return index;
}

}  // namespace danas
