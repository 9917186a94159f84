// Class folders of image files, and the images they and manifests name.
#include <algorithm>
#include <array>
#include <cctype>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/data/decode.h"
#include "src/data/file_bytes.h"
#include "src/data/formats.h"

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

bool HasImageExtension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array kExtensions = {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp",
                                      ".ppm", ".pgm",  ".pbm", ".gif", ".tif",  ".tiff"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

bool IsHidden(const fs::path& path) { return path.filename().string().starts_with("."); }

[[noreturn]] void FailToList(const fs::path& folder, const std::error_code& error) {
  throw DataError(folder.string() + ": cannot be listed: " + error.message());
}

// Class folders in bytewise order of their names.
std::vector<fs::path> ClassFolders(const fs::path& root) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, error)) {
    if (entry.is_directory() && !IsHidden(entry.path())) folders.push_back(entry.path());
  }
  if (error) FailToList(root, error);
  std::sort(folders.begin(), folders.end(),
            [](const fs::path& a, const fs::path& b) { return a.filename().string() < b.filename().string(); });
  return folders;
}

// Images below a class folder, relative to `root`, in bytewise order.
std::vector<std::string> ListImages(const fs::path& folder, const fs::path& root) {
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::follow_directory_symlink, error);
  std::vector<std::string> images;
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const fs::path& path = entries->path();
    if (IsHidden(path)) {
      entries.disable_recursion_pending();
    } else if (HasImageExtension(path) && !entries->is_directory()) {
      images.push_back(path.lexically_relative(root).string());
    }
  }
  if (error) FailToList(folder, error);  // also links that form a circle
  std::sort(images.begin(), images.end());
  return images;
}

uint64_t RequiredFileSize(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    if (fs::is_symlink(path, error)) {
      throw DataError(path.string() + ": a link to " + fs::read_symlink(path, error).string() +
                      ", which is not there. Mend the link or take it out of the dataset");
    }
    throw DataError(path.string() + ": no such file");
  }
  if (status.type() != fs::file_type::regular) throw DataError(path.string() + ": not a file");
  const uint64_t size = fs::file_size(path, error);
  if (error) throw DataError(path.string() + ": " + error.message());
  if (size == 0)
    throw DataError(path.string() + ": the file is empty (0 bytes). Replace it or take it out of the dataset");
  return size;
}

}  // namespace

uint64_t ImageFileSize(const fs::path& path, OnBadImage on_error) {
  try {
    return RequiredFileSize(path);
  } catch (const DataError&) {
    if (on_error == OnBadImage::kStop) throw;
    return 0;
  }
}

std::shared_ptr<const ImageSource> MakeFileSource(fs::path root, std::vector<StoredImage> images, int64_t max_pixels) {
  return std::make_shared<FileSource>(std::move(root), std::move(images), max_pixels);
}

bool RecognizeFolder(const fs::path& path) { return fs::is_directory(path) && !ClassFolders(path).empty(); }

DatasetIndex OpenFolder(const fs::path& path, const DataConfig& config) {
  DatasetIndex index;
  index.name = path.string();
  index.format = DataFormat::kFolder;
  std::vector<StoredImage> images;
  std::vector<SampleKey> keys;
  for (const fs::path& folder : ClassFolders(path)) {
    const int label = static_cast<int>(index.classes.ids.size());
    index.classes.ids.push_back(folder.filename().string());
    const std::vector<std::string> found = ListImages(folder, path);
    if (found.empty()) {
      throw DataError(folder.string() +
                      ": a class without images (jpg, jpeg, jpe, png, webp, bmp, ppm, pgm, pbm, gif, "
                      "tif, tiff); remove the folder or fill it");
    }
    for (const std::string& image : found) {
      const uint64_t size = ImageFileSize(path / image, config.on_error);
      keys.push_back({.name = image, .size = size, .label = label});
      index.labels.push_back(label);
      images.push_back({.name = image, .bytes = size});
    }
  }
  index.fingerprint = Fingerprint(DataFormat::kFolder, std::move(keys));
  index.images = MakeFileSource(path, std::move(images), config.max_pixels);
  return index;
}

}  // namespace danas
