#include "danas/data/pack.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>
#include <optional>
#include <utility>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/data/coco_persons.h"
#include "danas/data/transform.h"
#include "src/data/decoders.h"
#include "src/data/encode.h"
#include "src/data/formats.h"
#include "src/data/lmdb_writer.h"
#include "src/data/packed.h"
#include "src/data/parallel.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostImagesAtOnce = 4096;

// One process packs into a folder. The system gives the lock back when the process ends, however it ends.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder) : descriptor_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw FileError("cannot open " + folder.string() + ": " + std::strerror(errno));
    if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    const int error = errno;
    if (error == EWOULDBLOCK) {
      close(descriptor_);
      throw FileError(folder.string() + ": another process is packing into it");
    }
    log::warn("{}: cannot be locked ({}); make sure that no other process packs into it", folder.string(),
              std::strerror(error));
  }
  ~FolderLock() { close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

// A set of persons as the set of its pictures.
DatasetIndex PicturesToPack(const DatasetIndex& source) {
  DatasetIndex pictures = source;
  pictures.images = source.pictures;
  pictures.labels.assign(source.persons->images.size(), 0);
  return pictures;
}

// The image's name within its dataset: that of Name() without the dataset's folder.
std::string ShortName(const DatasetIndex& source, int64_t image) {
  if (source.persons != nullptr) return source.persons->images[static_cast<size_t>(image)].file;
  const std::string name = source.images->Name(image);
  const fs::path path = source.name;
  for (const fs::path& folder : {path, path.parent_path()}) {
    const std::string start = folder.string() + "/";
    if (name.starts_with(start)) return name.substr(start.size());
  }
  return name;
}

Image MadeSmaller(Image image, int64_t resize_short) {
  if (std::min(image.height, image.width) <= resize_short) return image;
  Framing framing = CentreCrop(image.height, image.width, static_cast<int>(resize_short), 1);
  framing.window = WholeBox(framing.height, framing.width);
  return ToImage(Frame(image, framing));
}

// The bytes to store. Throws DataError for an image that cannot be read.
std::vector<uint8_t> MakeRecord(const DatasetIndex& source, int64_t image, const PackOptions& options) {
  std::optional<std::vector<uint8_t>> file = source.images->EncodedBytes(image);
  Image picture = source.images->Load(image);  // also where the bytes are kept: a bad file is reported now
  if (file && options.keep_bytes) return std::move(*file);
  if (!options.keep_bytes) picture = MadeSmaller(std::move(picture), options.resize_short);
  if (!file) return EncodePnm(picture);
  try {
    return EncodeJpeg(picture, static_cast<int>(options.quality));
  } catch (const BrokenImage& error) {
    throw DataError(source.images->Name(image) + ": " + error.what() +
                    "; pack with --keep-bytes, or leave it out with --skip-bad");
  }
}

template <typename T>
void AppendNumber(std::vector<uint8_t>& bytes, T number) {
  const auto* from = reinterpret_cast<const uint8_t*>(&number);
  bytes.insert(bytes.end(), from, from + sizeof number);
}

struct BadImage {
  std::string name;
  std::string reason;
};

// Images [first, next) of the source, encoded.
struct Chunk {
  int64_t next = 0;
  std::vector<LmdbPut> puts;
  std::optional<DataError> stop;  // the bad image that ends it, where they are not left out
};

class Packing {
 public:
  Packing(const DatasetIndex& source, const fs::path& folder, const PackOptions& options)
      : source_(source), folder_(folder), options_(options), file_(folder / packed::kFileName) {}

  PackOutcome Run(const std::function<void(int64_t)>& progress);

 private:
  struct Encoded {
    std::vector<uint8_t> bytes;
    std::optional<BadImage> bad;
  };

  Json About(bool finished) const;
  bool Begin();  // false where it was finished before
  void CheckSame(const Json& about) const;
  void ReadParts(const LmdbFile& file);
  std::vector<Encoded> Encode(int64_t first) const;
  Chunk Take(std::vector<Encoded> encoded);
  void Finish(LmdbWriter& writer) const;
  uint64_t Fingerprint() const;

  const DatasetIndex& source_;
  const fs::path folder_;
  const PackOptions options_;
  const fs::path file_;
  bool is_new_ = true;
  int64_t next_ = 0;  // image of the source
  int64_t parts_ = 0;
  std::vector<int64_t> packed_;  // the source's position of each image that is in
  std::vector<uint64_t> hashes_;
  int64_t left_out_ = 0;
};

Json Packing::About(bool finished) const {
  const DataFormat format = source_.format == DataFormat::kPacked ? SourceFormatOfPacked(source_.name) : source_.format;
  Json settings = {{"keep_bytes", options_.keep_bytes}};
  if (!options_.keep_bytes) {
    settings["resize_short"] = options_.resize_short;
    settings["quality"] = options_.quality;
  }
  Json classes = Json::array();
  for (size_t c = 0; c < source_.classes.ids.size(); ++c) {
    classes.push_back({{"id", source_.classes.ids[c]}, {"label", source_.classes.labels[c]}});
  }
  return {{"format_version", packed::kFormatVersion},
          {"finished", finished},
          {"source",
           {{"name", source_.name},
            {"format", NameOf(format)},
            {"fingerprint", HexText(source_.fingerprint)},
            {"images", source_.size()}}},
          {"settings", std::move(settings)},
          {"classes", std::move(classes)}};
}

// `found` is the record of what is in the folder.
void Packing::CheckSame(const Json& found) const {
  const Json wanted = About(false);
  std::string differences;
  const auto compare = [&](const char* what, const Json& was, const Json& is) {
    if (was == is) return;
    differences += std::string(differences.empty() ? "" : ", ") + what + " " + was.dump() + " -> " + is.dump();
  };
  const Json& was = found.at("settings");
  const Json& is = wanted.at("settings");
  for (const char* key : {"keep_bytes", "resize_short", "quality"}) {
    compare(key, was.value(key, Json()), is.value(key, Json()));
  }
  compare("fingerprint of the source", found.at("source").at("fingerprint"), wanted.at("source").at("fingerprint"));
  if (differences.empty() && found.at("classes") != wanted.at("classes")) differences = "the classes' names differ";
  if (differences.empty()) return;
  throw FileError(folder_.string() + " contains images that were packed differently (" + differences +
                  "). Choose another folder for these");
}

void Packing::ReadParts(const LmdbFile& file) {
  for (;; ++parts_) {
    const std::optional<Json> part = packed::ReadSealed(file, packed::PartKey(parts_), folder_.string());
    if (!part) return;
    next_ = part->at("next").get<int64_t>();
    for (const Json& image : part->at("images")) {
      packed_.push_back(image.at(0).get<int64_t>());
      hashes_.push_back(image.at(1).get<uint64_t>());
    }
    for (const Json& bad : part->at("bad")) {
      ++left_out_;
      if (source_.bad) source_.bad->Add(bad.at(0).get<std::string>(), bad.at(1).get<std::string>());
    }
  }
}

bool Packing::Begin() {
  std::error_code error;
  const uintmax_t bytes = fs::file_size(file_, error);
  if (error) {
    if (!fs::is_empty(folder_)) {
      throw FileError(folder_.string() + " contains other files; choose a new folder for the packed images");
    }
    return true;
  }
  // Killed, or out of space, before the database had its head: there is nothing in it.
  if (bytes < 2 * static_cast<uintmax_t>(sysconf(_SC_PAGESIZE))) {
    fs::remove(file_);
    return true;
  }
  const LmdbFile file(file_);
  const std::optional<Json> about = packed::ReadAbout(file, folder_.string());
  if (!about) {
    if (file.entries() == 0) return true;
    throw FileError(folder_.string() + " contains an LMDB database that danas did not write; choose a new folder");
  }
  CheckSame(*about);
  is_new_ = false;
  if (!about->at("finished").get<bool>()) {
    ReadParts(file);
    return true;
  }
  left_out_ = about->at("left_out").get<int64_t>();
  packed_.resize(about->at("images").get<size_t>());
  return false;
}

std::vector<Packing::Encoded> Packing::Encode(int64_t first) const {
  const int64_t end = std::min(source_.size(), first + kMostImagesAtOnce);
  std::vector<Encoded> encoded(static_cast<size_t>(end - first));
  std::atomic<int64_t> next = first;
  std::atomic<size_t> bytes = 0;
  RunOnThreads(options_.threads, [&] {
    while (bytes < options_.transaction_bytes && !InterruptRequested()) {
      const int64_t image = next++;
      if (image >= end) return;
      Encoded& place = encoded[static_cast<size_t>(image - first)];
      try {
        place.bytes = MakeRecord(source_, image, options_);
      } catch (const DataError& error) {
        place.bad = {.name = source_.images->Name(image), .reason = error.what()};
      }
      bytes += place.bytes.size() + 1;
    }
  });
  encoded.resize(static_cast<size_t>(std::min(end, next.load()) - first));
  return encoded;
}

// Counts what was encoded as packed; the caller writes it.
Chunk Packing::Take(std::vector<Encoded> encoded) {
  Chunk chunk;
  Json images = Json::array(), left_out = Json::array();
  for (Encoded& image : encoded) {
    if (image.bad && !source_.bad) {
      chunk.stop.emplace(image.bad->reason +
                         "; or run the same command with --skip-bad: it continues and leaves such " + "images out");
      break;
    }
    if (image.bad) {
      left_out.push_back({image.bad->name, image.bad->reason});
      ++left_out_;
      source_.bad->Add(image.bad->name, image.bad->reason);
    } else {
      hashes_.push_back(HashBytes(image.bytes));
      images.push_back({next_, hashes_.back()});
      chunk.puts.push_back({.key = packed::ImageKey(static_cast<int64_t>(packed_.size())),
                            .value = std::move(image.bytes),
                            .last = true});
      packed_.push_back(next_);
    }
    ++next_;
  }
  const Json part = {{"next", next_}, {"images", std::move(images)}, {"bad", std::move(left_out)}};
  chunk.puts.push_back({.key = packed::PartKey(parts_++), .value = packed::Sealed(part)});
  return chunk;
}

// Of what the images have become. Left out ones move the positions of those behind them.
uint64_t Packing::Fingerprint() const {
  if (options_.keep_bytes && left_out_ == 0) return source_.fingerprint;
  uint64_t hash = HashWords(HashText("packed"), {source_.fingerprint, options_.keep_bytes ? 1U : 0U});
  if (!options_.keep_bytes) {
    hash = HashWords(hash, {static_cast<uint64_t>(options_.resize_short), static_cast<uint64_t>(options_.quality)});
  }
  if (left_out_ == 0) return hash;
  for (const int64_t image : packed_) hash = HashWords(hash, {static_cast<uint64_t>(image)});
  return hash;
}

void Packing::Finish(LmdbWriter& writer) const {
  std::vector<uint8_t> labels, hashes, name_ends, names;
  for (size_t i = 0; i < packed_.size(); ++i) {
    AppendNumber(labels, static_cast<int32_t>(source_.labels[static_cast<size_t>(packed_[i])]));
    AppendNumber(hashes, hashes_[i]);
    const std::string name = ShortName(source_, packed_[i]);
    names.insert(names.end(), name.begin(), name.end());
    AppendNumber(name_ends, static_cast<uint64_t>(names.size()));
  }
  Json about = About(true);
  about["images"] = packed_.size();
  about["left_out"] = left_out_;
  about["fingerprint"] = HexText(Fingerprint());
  std::vector<LmdbPut> puts;
  std::vector<std::pair<const char*, std::vector<uint8_t>*>> parts = {{packed::kLabels, &labels},
                                                                      {packed::kHashes, &hashes},
                                                                      {packed::kNameEnds, &name_ends},
                                                                      {packed::kNames, &names}};
  std::vector<uint8_t> persons;
  if (source_.annotated != nullptr) {
    const std::string text = CocoText(*source_.annotated);
    persons.assign(text.begin(), text.end());
    parts.emplace_back(packed::kPersons, &persons);
  }
  for (const auto& [key, bytes] : parts) {
    about["parts"][key] = HexText(HashBytes(*bytes));
    puts.push_back({.key = key, .value = std::move(*bytes)});
  }
  puts.push_back({.key = packed::kAbout, .value = packed::Sealed(about)});
  std::vector<std::string> done;
  for (int64_t part = 0; part < parts_; ++part) done.push_back(packed::PartKey(part));
  writer.Write(puts, done);
}

PackOutcome Packing::Run(const std::function<void(int64_t)>& progress) {
  fs::create_directories(folder_);
  const FolderLock lock(folder_);
  const bool finished = !Begin();
  if (!finished) {
    LmdbWriter writer(folder_);
    if (is_new_) {
      const LmdbPut about[] = {{.key = packed::kAbout, .value = packed::Sealed(About(false))}};
      writer.Write(about);
    } else {
      log::info("{}: continuing after {} of {} images", folder_.string(), FormatThousands(next_),
                FormatThousands(source_.size()));
    }
    std::future<void> written;  // of the chunk before, while the next one is encoded
    while (next_ < source_.size()) {
      progress(next_);
      Chunk chunk = Take(Encode(next_));
      if (written.valid()) written.get();
      written = std::async(std::launch::async, [&writer, puts = std::move(chunk.puts)] { writer.Write(puts); });
      if (chunk.stop || InterruptRequested()) written.get();
      if (chunk.stop) throw *chunk.stop;
      ThrowIfInterrupted();
    }
    if (written.valid()) written.get();
    Finish(writer);
    progress(next_);
  }
  return {.was_finished = finished,
          .images = static_cast<int64_t>(packed_.size()),
          .left_out = left_out_,
          .bytes = fs::file_size(file_)};
}

}  // namespace

int64_t ImagesToPack(const DatasetIndex& source) {
  return source.persons != nullptr ? std::ssize(source.persons->images) : source.size();
}

PackOutcome PackDataset(const DatasetIndex& source, const fs::path& folder, const PackOptions& options,
                        const std::function<void(int64_t done)>& progress) {
  if (source.persons != nullptr && !options.keep_bytes) {
    throw UsageError(source.name +
                     ": key-points are in pixels of the pictures, which must stay as they are; pack with --keep-bytes");
  }
  const DatasetIndex images = source.persons != nullptr ? PicturesToPack(source) : source;
  try {
    return Packing(images, folder, options).Run(progress);
  } catch (const fs::filesystem_error& error) {
    throw FileError(error.path1().string() + ": " + error.code().message());
  } catch (const Json::exception&) {
    throw FileError(folder.string() +
                    ": its record of what was packed lacks a field or has one of the wrong type; pack into a new " +
                    "folder");
  }
}

}  // namespace danas
