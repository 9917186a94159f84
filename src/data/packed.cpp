#include "src/data/packed.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/units.h"
#include "danas/data/decode.h"
#include "src/data/formats.h"
#include "src/data/packed_persons.h"

namespace danas {
namespace packed {
namespace {

std::string Digits(int64_t number, size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

}  // namespace

std::string ImageKey(int64_t position) { return Digits(position, 12); }
std::string PartKey(int64_t part) { return ".part " + Digits(part, 9); }

std::vector<uint8_t> Sealed(const Json& json) {
  std::string text = JsonText(json);
  text += "\n" + HexText(HashBytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  return {text.begin(), text.end()};
}

std::optional<Json> ReadSealed(const LmdbFile& file, const std::string& key, const std::string& where) {
  const auto value = file.Find(key);
  if (!value) return std::nullopt;
  constexpr size_t kSeal = 17;
  const std::string text(value->begin(), value->end());
  if (text.size() > kSeal) {
    const auto json = value->first(value->size() - kSeal);
    if (text.substr(json.size()) == "\n" + HexText(HashBytes(json))) {
      Json parsed = ParseJson(std::string_view(text).substr(0, json.size()));
      if (!parsed.is_discarded()) return parsed;
    }
  }
  throw DataError(where + ": damaged: '" + key + "' differs from what was written; pack the dataset again");
}

std::optional<Json> ReadAbout(const LmdbFile& file, const std::string& where) {
  std::optional<Json> about = ReadSealed(file, kAbout, where);
  if (about && about->at("format_version") != kFormatVersion) {
    throw DataError(where + ": packed by another version of danas (layout " + about->at("format_version").dump() +
                    ", this one reads " + std::to_string(kFormatVersion) + "); pack it again or use that danas");
  }
  return about;
}

}  // namespace packed

namespace {

namespace fs = std::filesystem;

fs::path FileAt(const fs::path& path) { return fs::is_directory(path) ? path / packed::kFileName : path; }

constexpr int64_t kMostImages = 999'999'999'999;  // that the keys have digits for

template <typename T>
T NumberAt(std::span<const uint8_t> array, int64_t index) {
  T value;
  std::memcpy(&value, array.data() + static_cast<size_t>(index) * sizeof value, sizeof value);
  return value;
}

class PackedSource : public ImageSource {
 public:
  PackedSource(const fs::path& path, int64_t max_pixels)
      : name_(path.string()), file_(FileAt(path)), max_pixels_(max_pixels), about_(FinishedAbout()) {
    count_ = WholeAt(about_, "images");
    if (count_ < 0 || count_ > kMostImages) FailOf(packed::kAbout);
    labels_ = Part(packed::kLabels, sizeof(int32_t));
    hashes_ = Part(packed::kHashes, sizeof(uint64_t));
    name_ends_ = Part(packed::kNameEnds, sizeof(uint64_t));
    names_ = Part(packed::kNames, 0);
    if (!IsWhole(packed::kLabels, labels_)) FailOf(packed::kLabels);
    const std::string format = about_.at("source").at("format").get<std::string>();
    has_files_ = format == NameOf(DataFormat::kFolder) || format == NameOf(DataFormat::kManifest) ||
                 format == NameOf(DataFormat::kCoco);
  }

  const Json& about() const { return about_; }

  // The annotations of persons with key-points, in COCO's format; none in other sets.
  std::optional<std::string_view> Persons() const {
    const auto part = file_.Find(packed::kPersons);
    if (!part) return std::nullopt;
    if (!IsWhole(packed::kPersons, *part)) FailOf(packed::kPersons);
    return std::string_view(reinterpret_cast<const char*>(part->data()), part->size());
  }
  std::vector<int> Labels() const {
    std::vector<int> labels(static_cast<size_t>(count_));
    const auto classes = static_cast<int>(about_.at("classes").size());
    for (int64_t i = 0; i < count_; ++i) {
      labels[static_cast<size_t>(i)] = NumberAt<int32_t>(labels_, i);
      if (labels[static_cast<size_t>(i)] < 0 || labels[static_cast<size_t>(i)] >= classes) FailOf(packed::kLabels);
    }
    return labels;
  }

  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    return DecodeImage(Record(index), Name(index), max_pixels_, choose);
  }
  std::string Name(int64_t index) const override {
    return name_ + ", image " + std::to_string(index) + " (" + NameInSource(index) + ")";
  }
  StoredImage Stored(int64_t index) const override { return {.name = NameInSource(index)}; }
  uint64_t ContentHash(int64_t index) const override { return NumberAt<uint64_t>(hashes_, index); }
  std::optional<std::vector<uint8_t>> EncodedBytes(int64_t index) const override {
    if (!has_files_) return std::nullopt;
    const std::span<const uint8_t> bytes = Record(index);
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  }
  std::vector<std::string> FindDamage() const override {
    std::vector<std::string> damage;
    const struct {
      const char* key;
      std::span<const uint8_t> part;
    } parts[] = {{packed::kHashes, hashes_}, {packed::kNameEnds, name_ends_}, {packed::kNames, names_}};
    for (const auto& [key, part] : parts) {
      if (!IsWhole(key, part)) damage.push_back(name_ + ": damaged: '" + key + "' differs from what was written");
    }
    const size_t parts_there = std::size(packed::kParts) + (file_.Find(packed::kPersons) ? 1 : 0);
    const uint64_t expected = static_cast<uint64_t>(count_) + parts_there + 1;
    if (file_.entries() != expected) {
      damage.push_back(name_ + ": " + std::to_string(file_.entries()) + " entries found, " + std::to_string(expected) +
                       " expected");
    }
    return damage;
  }

 private:
  std::string NameInSource(int64_t index) const {
    const auto begin = index == 0 ? uint64_t{0} : NumberAt<uint64_t>(name_ends_, index - 1);
    const auto end = NumberAt<uint64_t>(name_ends_, index);
    if (begin > end || end > names_.size()) return "a damaged name";
    return {names_.begin() + begin, names_.begin() + end};
  }

  [[noreturn]] void FailOf(const std::string& key) const {
    throw DataError(name_ + ": damaged: '" + key + "' differs from what was written; pack the dataset again");
  }

  Json FinishedAbout() const {
    std::optional<Json> about = packed::ReadAbout(file_, name_);
    if (!about) {
      throw DataError(name_ + (file_.entries() == 0
                                   ? ": packing it was not finished; run the same `danas data pack` again"
                                   : ": an LMDB database that `danas data pack` did not make; danas does not "
                                     "know its layout"));
    }
    if (!about->at("finished").get<bool>()) {
      throw DataError(name_ + ": packing it was not finished; run the same `danas data pack` again: it continues");
    }
    return std::move(*about);
  }

  // `item_bytes` for each image; 0: any length.
  std::span<const uint8_t> Part(const char* key, size_t item_bytes) const {
    const auto part = file_.Find(key);
    if (!part || (item_bytes > 0 && part->size() != item_bytes * static_cast<size_t>(count_))) FailOf(key);
    return *part;
  }
  bool IsWhole(const char* key, std::span<const uint8_t> part) const {
    const Json& hashes = about_.at("parts");
    const auto hash = hashes.find(key);
    return hash != hashes.end() && *hash == HexText(HashBytes(part));
  }

  // What was packed, to the bit.
  std::span<const uint8_t> Record(int64_t index) const {
    constexpr const char* kAdvice = ". Pack the dataset again";
    std::optional<std::span<const uint8_t>> bytes;
    try {
      bytes = file_.Find(packed::ImageKey(index));
    } catch (const DataError& error) {
      throw DataError(Name(index) + ": " + error.what() + kAdvice);
    }
    if (!bytes) throw DataError(Name(index) + ": is missing from the database" + kAdvice);
    if (HashBytes(*bytes) != NumberAt<uint64_t>(hashes_, index)) {
      throw DataError(Name(index) + ": damaged: its bytes are not those that were packed" + kAdvice);
    }
    return *bytes;
  }

  std::string name_;
  LmdbFile file_;
  int64_t max_pixels_;
  Json about_;
  int64_t count_ = 0;
  bool has_files_ = false;
  std::span<const uint8_t> labels_;
  std::span<const uint8_t> hashes_;
  std::span<const uint8_t> name_ends_;
  std::span<const uint8_t> names_;
};

uint64_t ParseHex(const std::string& text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

std::string OriginText(const Json& about) {
  const Json& settings = about.at("settings");
  const auto left_out = WholeAt(about, "left_out");
  std::string text = "packed from " + about.at("source").at("name").get<std::string>() + " (" +
                     about.at("source").at("format").get<std::string>() + "), ";
  if (settings.at("keep_bytes").get<bool>()) {
    text += "bytes kept";
  } else {
    text += "shorter side at most " + settings.at("resize_short").dump() + " pixels, quality " +
            settings.at("quality").dump();
  }
  if (left_out > 0) text += ", " + FormatThousands(left_out) + " bad images left out";
  return text;
}

// What `open` returns. A record that is whole, but lacks a field, is an error of the data, too.
template <typename Open>
auto Guarded(const fs::path& path, const Open& open) {
  try {
    return open();
  } catch (const Json::exception&) {
    throw DataError(path.string() + ": a field of '" + packed::kAbout + "' is missing or of the wrong type; pack the " +
                    "dataset again");
  }
}

DataFormat FormatNamed(const std::string& name) {
  const auto& names = EnumNames<DataFormat>::kNames;
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? DataFormat::kPacked : static_cast<DataFormat>(found - names.begin());
}

DatasetIndex MakeIndex(const fs::path& path, const std::shared_ptr<const PackedSource>& source) {
  DatasetIndex index;
  index.name = path.string();
  index.format = DataFormat::kPacked;
  index.labels = source->Labels();
  index.fingerprint = ParseHex(source->about().at("fingerprint").get<std::string>());
  index.origin = OriginText(source->about());
  for (const Json& label : source->about().at("classes")) {
    index.classes.ids.push_back(label.at("id").get<std::string>());
    index.classes.labels.push_back(label.at("label").get<std::string>());
  }
  index.images = source;
  if (const auto persons = source->Persons()) AddPackedPersons(*persons, index);
  return index;
}

}  // namespace

bool RecognizePacked(const fs::path& path) {
  if (fs::is_directory(path)) return fs::is_regular_file(path / packed::kFileName);
  return path.filename() == packed::kFileName && fs::is_regular_file(path);
}

DataFormat SourceFormatOfPacked(const fs::path& path) {
  return Guarded(path, [&] {
    const PackedSource source(path, 1);
    return FormatNamed(source.about().at("source").at("format").get<std::string>());
  });
}

DatasetIndex OpenPacked(const fs::path& path, const DataConfig& config) {
  return Guarded(path, [&] { return MakeIndex(path, std::make_shared<PackedSource>(path, config.max_pixels)); });
}

}  // namespace danas
