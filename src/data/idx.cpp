// IDX, the format of MNIST and its family: a big-endian header (magic 0x803 for images, 0x801 for labels; sizes), then
// one byte a pixel or label. (http://yann.lecun.com/exdb/mnist.)
#include <algorithm>
#include <map>
#include <memory>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "src/data/file_bytes.h"
#include "src/data/formats.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

// The bytes behind a header that was checked.
class IdxFile {
 public:
  // `dimensions` sizes follow the magic number 0x800 + dimensions.
  IdxFile(const fs::path& path, int dimensions) : path_(path), content_(path), bytes_(content_.bytes()) {
    const size_t header = 4 + 4 * static_cast<size_t>(dimensions);
    if (bytes_.size() < header)
      Fail("is cut short: " + std::to_string(bytes_.size()) + " bytes are too few for a header");
    const uint32_t magic = Word(0);
    if (magic != 0x800U + static_cast<uint32_t>(dimensions)) {
      Fail("is not an IDX file of bytes with " + std::to_string(dimensions) + " dimension(s)");
    }
    uint64_t expected = 1;
    for (int i = 0; i < dimensions; ++i) {
      sizes_.push_back(Word(4 + 4 * static_cast<size_t>(i)));
      if (sizes_.back() == 0 || sizes_.back() > (1U << 30)) Fail("has an impossible size in its header");
      expected = std::min<uint64_t>(expected * sizes_.back(), UINT64_MAX >> 30);
    }
    bytes_ = bytes_.subspan(header);
    if (bytes_.size() != expected) {
      Fail("is cut short or damaged: its header claims " + std::to_string(expected) + " bytes, but there are " +
           std::to_string(bytes_.size()));
    }
  }

  const fs::path& path() const { return path_; }
  const std::vector<uint32_t>& sizes() const { return sizes_; }
  std::span<const uint8_t> data() const { return bytes_; }
  [[noreturn]] void Fail(const std::string& what) const {
    throw DataError(path_.string() + ": " + what + "; fetch it again");
  }

 private:
  uint32_t Word(size_t at) const {
    return static_cast<uint32_t>(bytes_[at]) << 24 | static_cast<uint32_t>(bytes_[at + 1]) << 16 |
           static_cast<uint32_t>(bytes_[at + 2]) << 8 | static_cast<uint32_t>(bytes_[at + 3]);
  }

  fs::path path_;
  FileContent content_;
  std::span<const uint8_t> bytes_;
  std::vector<uint32_t> sizes_;
};

class IdxSource : public ImageSource {
 public:
  explicit IdxSource(const fs::path& path) : file_(path, 3) {}

  int64_t size() const { return file_.sizes()[0]; }
  const IdxFile& file() const { return file_; }

  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    const int height = static_cast<int>(file_.sizes()[1]);
    const int width = static_cast<int>(file_.sizes()[2]);
    const Box box = choose(height, width);
    Image image = BlackImage(box.height, box.width);
    for (int y = 0; y < box.height; ++y) {
      const uint8_t* from =
          file_.data().data() + (static_cast<size_t>(index) * height + box.top + y) * width + box.left;
      uint8_t* to = image.Row(y);
      for (int x = 0; x < box.width; ++x, to += 3) to[0] = to[1] = to[2] = from[x];
    }
    return image;
  }

  std::string Name(int64_t index) const override { return file_.path().string() + ", record " + std::to_string(index); }
  StoredImage Stored(int64_t index) const override {
    return {.name = "record " + std::to_string(index), .bytes = Pixels(index).size()};
  }
  uint64_t ContentHash(int64_t index) const override { return HashBytes(Pixels(index)); }

 private:
  std::span<const uint8_t> Pixels(int64_t index) const {
    const size_t pixels = size_t{file_.sizes()[1]} * file_.sizes()[2];
    return file_.data().subspan(static_cast<size_t>(index) * pixels, pixels);
  }

  IdxFile file_;
};

bool IsImageFileOf(const std::string& name, SetRole role) {
  const std::string stem = name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
  if (!stem.ends_with("images-idx3-ubyte") && !stem.ends_with("images.idx3-ubyte")) return false;
  const bool train = stem.find("train") != std::string::npos;
  const bool test = stem.find("t10k") != std::string::npos || stem.find("test") != std::string::npos;
  return role == SetRole::kTrain ? train : test;
}

// The one file of images of this role in the folder; packed and unpacked side by side count as one.
std::optional<fs::path> FindImages(const fs::path& folder, SetRole role) {
  std::map<std::string, fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!IsImageFileOf(name, role)) continue;
    const bool packed = name.ends_with(".gz");
    fs::path& place = found[packed ? name.substr(0, name.size() - 3) : name];
    if (place.empty() || !packed) place = entry.path();
  }
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) {
    throw DataError(
        folder.string() + " contains several sets of IDX files: " + found.begin()->second.filename().string() + ", " +
        std::next(found.begin())->second.filename().string() + "; set data.train and data.test to the image files");
  }
  return found.begin()->second;
}

fs::path LabelsBeside(const fs::path& images) {
  std::string name = images.filename().string();
  const size_t at = name.rfind("images");
  name.replace(at, 6, "labels");
  name.replace(name.find("idx3", at), 4, "idx1");
  fs::path labels = images.parent_path() / name;
  if (fs::exists(labels)) return labels;
  const fs::path other = name.ends_with(".gz") ? images.parent_path() / name.substr(0, name.size() - 3)
                                               : images.parent_path() / (name + ".gz");
  return fs::exists(other) ? other : labels;
}

}  // namespace

bool HasIdxTestSet(const fs::path& folder) { return FindImages(folder, SetRole::kTest).has_value(); }

bool RecognizeIdx(const fs::path& path) {
  if (fs::is_directory(path)) return FindImages(path, SetRole::kTrain) || FindImages(path, SetRole::kTest);
  const std::string name = path.filename().string();
  return IsImageFileOf(name, SetRole::kTrain) || IsImageFileOf(name, SetRole::kTest);
}

DatasetIndex OpenIdx(const fs::path& path, SetRole role) {
  fs::path images = path;
  if (fs::is_directory(path)) {
    const std::optional<fs::path> found = FindImages(path, role);
    if (!found) {
      throw DataError(path.string() + ": no " + (role == SetRole::kTrain ? "train" : "t10k") +
                      "-images-idx3-ubyte or its .gz");
    }
    images = *found;
  }
  const auto source = std::make_shared<IdxSource>(images);
  const IdxFile labels(LabelsBeside(images), 1);
  if (labels.sizes()[0] != source->size()) {
    labels.Fail("holds " + std::to_string(labels.sizes()[0]) + " labels for " + std::to_string(source->size()) +
                " images");
  }
  DatasetIndex index;
  index.name = images.string();
  index.format = DataFormat::kIdx;
  std::map<uint8_t, int> positions;
  for (const uint8_t label : labels.data()) positions.emplace(label, 0);
  for (auto& [label, position] : positions) {
    position = static_cast<int>(index.classes.ids.size());
    index.classes.ids.push_back(std::to_string(label));
  }
  const uint64_t bytes = uint64_t{source->file().sizes()[1]} * source->file().sizes()[2];
  std::vector<SampleKey> keys;
  for (size_t i = 0; i < labels.data().size(); ++i) {
    index.labels.push_back(positions.at(labels.data()[i]));
    keys.push_back({.name = std::to_string(i), .size = bytes, .label = index.labels.back()});
  }
  index.fingerprint = Fingerprint(DataFormat::kIdx, std::move(keys));
  index.images = source;
  return index;
}

}  // namespace danas
