// CIFAR's binary files: records of one label byte (two for CIFAR-100: coarse, fine) and 3 x 32 x 32 bytes, plane by
// plane. (Krizhevsky, "Learning multiple layers of features from tiny images", 2009.)
#include <algorithm>
#include <memory>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "src/data/file_bytes.h"
#include "src/data/formats.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 32;
constexpr size_t kPlane = size_t{kSide} * kSide;

struct CifarLayout {
  DataFormat format;
  const char* folder;  // as the archive unpacks
  std::vector<std::string> train;
  std::string test;
  const char* names;
  const char* archive;  // what to fetch instead of the pickles
  size_t label_bytes;   // the last of them is the label
  int classes;

  size_t record_bytes() const { return label_bytes + 3 * kPlane; }
};

const CifarLayout& LayoutOf(DataFormat format) {
  static const CifarLayout kCifar10 = {
      .format = DataFormat::kCifar10,
      .folder = "cifar-10-batches-bin",
      .train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
      .test = "test_batch.bin",
      .names = "batches.meta.txt",
      .archive = "cifar-10-binary.tar.gz",
      .label_bytes = 1,
      .classes = 10};
  static const CifarLayout kCifar100 = {.format = DataFormat::kCifar100,
                                        .folder = "cifar-100-binary",
                                        .train = {"train.bin"},
                                        .test = "test.bin",
                                        .names = "fine_label_names.txt",
                                        .archive = "cifar-100-binary.tar.gz",
                                        .label_bytes = 2,
                                        .classes = 100};
  return format == DataFormat::kCifar10 ? kCifar10 : kCifar100;
}

class CifarSource : public ImageSource {
 public:
  CifarSource(const std::vector<fs::path>& paths, const CifarLayout& layout) : layout_(layout) {
    for (const fs::path& path : paths) {
      files_.push_back({path, std::make_unique<FileContent>(path)});
      const size_t bytes = files_.back().content->bytes().size();
      if (bytes == 0 || bytes % layout.record_bytes() != 0) {
        throw DataError(path.string() + ": " + std::to_string(bytes) + " bytes are not a whole number of records of " +
                        std::to_string(layout.record_bytes()) +
                        " bytes; the file is cut short or a different one: unpack " + layout.archive + " again");
      }
      first_.push_back(count_);
      count_ += static_cast<int64_t>(bytes / layout.record_bytes());
    }
  }

  int64_t size() const { return count_; }

  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    const uint8_t* planes = Record(index) + layout_.label_bytes;
    const Box box = choose(kSide, kSide);
    Image image = BlackImage(box.height, box.width);
    for (int y = 0; y < box.height; ++y) {
      const uint8_t* from = planes + static_cast<size_t>(box.top + y) * kSide + box.left;
      uint8_t* to = image.Row(y);
      for (int x = 0; x < box.width; ++x, to += 3) {
        to[0] = from[x], to[1] = from[kPlane + static_cast<size_t>(x)],
        to[2] = from[2 * kPlane + static_cast<size_t>(x)];
      }
    }
    return image;
  }

  std::string Name(int64_t index) const override {
    const size_t file = FileOf(index);
    return files_[file].path.string() + ", record " + std::to_string(index - first_[file]);
  }

  StoredImage Stored(int64_t index) const override {
    const size_t file = FileOf(index);
    return {.name = files_[file].path.filename().string() + ", record " + std::to_string(index - first_[file]),
            .bytes = layout_.record_bytes()};
  }

  uint64_t ContentHash(int64_t index) const override {
    return HashBytes({Record(index) + layout_.label_bytes, 3 * kPlane});
  }

  int Label(int64_t index) const {
    const int label = Record(index)[layout_.label_bytes - 1];
    if (label >= layout_.classes) {
      throw DataError(Name(index) + ": label " + std::to_string(label) + ", but there are " +
                      std::to_string(layout_.classes) + " classes; the file is damaged or from another dataset");
    }
    return label;
  }

 private:
  struct File {
    fs::path path;
    std::unique_ptr<FileContent> content;
  };

  size_t FileOf(int64_t index) const {
    return static_cast<size_t>(std::upper_bound(first_.begin(), first_.end(), index) - first_.begin()) - 1;
  }
  const uint8_t* Record(int64_t index) const {
    const size_t file = FileOf(index);
    return files_[file].content->bytes().data() + static_cast<size_t>(index - first_[file]) * layout_.record_bytes();
  }

  const CifarLayout& layout_;
  std::vector<File> files_;
  std::vector<int64_t> first_;  // index of each file's first record
  int64_t count_ = 0;
};

// The folder that holds the files: `path` or the archive's own folder below it.
std::optional<fs::path> FindFolder(const fs::path& path, const CifarLayout& layout) {
  for (const fs::path& folder : {path, path / layout.folder}) {
    if (fs::exists(folder / layout.train.front()) || fs::exists(folder / layout.test)) return folder;
  }
  return std::nullopt;
}

[[noreturn]] void RefusePickles(const fs::path& file, DataFormat format) {
  throw DataError(file.string() + " is CIFAR as a Python pickle, which danas does not read; fetch " +
                  LayoutOf(format).archive + ", the binary version, from the same page");
}

bool IsPickle(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return false;
  const auto mapped = MapFile(file);
  const auto bytes = mapped->bytes();
  return bytes.size() > 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5;  // PROTO opcode
}

std::vector<std::string> ClassIds(const fs::path& folder, const CifarLayout& layout) {
  const fs::path names = folder / layout.names;
  std::vector<std::string> ids;
  if (fs::exists(names)) {
    ids = ReadLines(names);
    if (ids.size() != static_cast<size_t>(layout.classes)) {
      throw DataError(names.string() + ": " + std::to_string(ids.size()) + " names found, " +
                      std::to_string(layout.classes) + " expected");
    }
  } else {
    for (int i = 0; i < layout.classes; ++i) ids.push_back(std::to_string(i));
  }
  return ids;
}

}  // namespace

std::optional<DataFormat> RecognizeCifar(const fs::path& path) {
  for (const DataFormat format : {DataFormat::kCifar10, DataFormat::kCifar100}) {
    const CifarLayout& layout = LayoutOf(format);
    if (FindFolder(path, layout)) return format;
    const auto is_name = [&](const std::string& name) { return path.filename() == name; };
    if (fs::is_regular_file(path) && (is_name(layout.test) || std::ranges::any_of(layout.train, is_name))) {
      return format;
    }
  }
  for (const fs::path& file : {path / "data_batch_1", path / "cifar-10-batches-py" / "data_batch_1"}) {
    if (IsPickle(file)) RefusePickles(file, DataFormat::kCifar10);
  }
  for (const fs::path& file : {path / "train", path / "cifar-100-python" / "train"}) {
    if (IsPickle(file)) RefusePickles(file, DataFormat::kCifar100);
  }
  if (IsPickle(path)) {
    const bool ten = path.filename().string().find("batch") != std::string::npos;
    RefusePickles(path, ten ? DataFormat::kCifar10 : DataFormat::kCifar100);
  }
  return std::nullopt;
}

bool HasCifarTestSet(const fs::path& folder, DataFormat format) {
  const CifarLayout& layout = LayoutOf(format);
  const auto found = FindFolder(folder, layout);
  return found && fs::exists(*found / layout.test);
}

DatasetIndex OpenCifar(const fs::path& path, DataFormat format, SetRole role) {
  const CifarLayout& layout = LayoutOf(format);
  std::vector<fs::path> files;
  fs::path folder = path.parent_path();
  if (fs::is_directory(path)) {
    folder = FindFolder(path, layout).value_or(path);
    if (role == SetRole::kTest) {
      files = {folder / layout.test};
    } else {
      for (const std::string& name : layout.train) files.push_back(folder / name);
    }
  } else {
    files = {path};
  }
  const auto source = std::make_shared<CifarSource>(files, layout);
  DatasetIndex index;
  index.name = files.size() == 1 ? files.front().string() : folder.string();
  index.format = format;
  index.classes.ids = ClassIds(folder, layout);
  std::vector<SampleKey> keys;
  for (int64_t i = 0; i < source->size(); ++i) {
    index.labels.push_back(source->Label(i));
    keys.push_back({.name = std::to_string(i), .size = layout.record_bytes(), .label = index.labels.back()});
  }
  index.fingerprint = Fingerprint(format, std::move(keys));
  index.images = source;
  return index;
}

}  // namespace danas
