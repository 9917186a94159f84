// A packed set: what stands in its database, in parts that "#\n" ends: .about, .labels, .name_ends, .names, then the
// images. The hashes are set right, so that they stop nobody. Databases that are damaged themselves: lmdb.cpp.
#include "src/data/packed.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include "danas/core/hash.h"
#include "danas/core/json.h"
#include "danas/data/dataset_index.h"
#include "fuzz.h"

namespace {

using namespace danas;
using Entries = std::map<std::string, std::string>;

constexpr size_t kMostBytes = 20'000;  // of an input: all of it fits into one page, with the hashes
constexpr int64_t kMostDecoded = 8;

template <typename Number>
void Put(std::string& bytes, size_t at, Number number) {
  std::memcpy(bytes.data() + at, &number, sizeof number);
}

uint64_t HashOf(std::string_view text) {
  return HashBytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// The file of a database that is one leaf (src/data/lmdb_file.cpp says where everything stands).
std::string Database(const Entries& entries) {
  constexpr size_t kPageHead = 16, kNodeHead = 8;
  size_t leaf_bytes = kPageHead;
  for (const auto& [key, value] : entries) leaf_bytes += sizeof(uint16_t) + kNodeHead + key.size() + value.size();
  const size_t page = std::bit_ceil(std::max<size_t>(leaf_bytes, 256));
  fuzz::Require(page <= 65536, "the entries fit into a page");
  std::string bytes(3 * page, '\0');
  for (const size_t head : {size_t{0}, page}) {
    Put(bytes, head, uint64_t{head / page});
    Put(bytes, head + 10, uint16_t{8});
    const size_t meta = head + kPageHead;
    Put(bytes, meta, uint32_t{0xBEEFC0DE});
    Put(bytes, meta + 4, uint32_t{1});
    Put(bytes, meta + 24, static_cast<uint32_t>(page));
    Put(bytes, meta + 72 + 32, uint64_t{entries.size()});
    Put(bytes, meta + 72 + 40, uint64_t{2});
  }
  const size_t leaf = 2 * page;
  Put(bytes, leaf, uint64_t{2});
  Put(bytes, leaf + 10, uint16_t{2});
  Put(bytes, leaf + 12, static_cast<uint16_t>(kPageHead + sizeof(uint16_t) * entries.size()));
  size_t pointer = leaf + kPageHead, node = leaf + page;
  for (const auto& [key, value] : entries) {
    node -= kNodeHead + key.size() + value.size();
    Put(bytes, pointer, static_cast<uint16_t>(node - leaf));
    pointer += sizeof(uint16_t);
    Put(bytes, node, static_cast<uint32_t>(value.size()));
    Put(bytes, node + 6, static_cast<uint16_t>(key.size()));
    (key + value).copy(bytes.data() + node + kNodeHead, key.size() + value.size());
  }
  return bytes;
}

// What stands in .about, with its hash and, where it is JSON at all, those of the parts.
std::string SealedAbout(std::string_view text, const Entries& entries) {
  Json about = ParseJson(text);
  if (about.is_object() && about.contains("parts") && about["parts"].is_object()) {
    for (const char* key : packed::kParts) {
      if (about["parts"].contains(key)) about["parts"][key] = HexText(HashOf(entries.at(key)));
    }
  }
  const std::string whole = about.is_object() ? JsonText(about) : std::string(text);
  return whole + "\n" + HexText(HashOf(whole));
}

Entries Contents(std::string_view rest) {
  Entries entries;
  const std::string_view about = fuzz::TakeUpTo(rest, "#\n");
  for (const char* key : {packed::kLabels, packed::kNameEnds, packed::kNames}) {
    entries[key] = fuzz::TakeUpTo(rest, "#\n");
  }
  std::string& hashes = entries[packed::kHashes];
  hashes.resize(entries[packed::kLabels].size() / sizeof(int32_t) * sizeof(uint64_t));
  for (int64_t i = 0; i < kMostDecoded && !rest.empty(); ++i) {
    const std::string_view image = fuzz::TakeUpTo(rest, "#\n");
    const size_t at = static_cast<size_t>(i) * sizeof(uint64_t);
    if (at < hashes.size()) Put(hashes, at, HashOf(image));
    entries[packed::ImageKey(i)] = image;
  }
  entries[packed::kAbout] = SealedAbout(about, entries);
  return entries;
}

void ReadImage(const DatasetIndex& set, int64_t position) {
  fuzz::Require(!set.images->Name(position).empty(), "an image has a name");
  fuzz::Accepts([&] {
    const Image image = set.images->Load(position);
    fuzz::Require(image.rgb.size() == 3 * static_cast<size_t>(image.height) * static_cast<size_t>(image.width),
                  "an image has its size");
  });
  fuzz::Accepts([&] { set.images->EncodedBytes(position); });
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::Folder folder;
  DataConfig config;
  config.train = folder.Write(packed::kFileName, Database(Contents(fuzz::Text(data, std::min(size, kMostBytes)))));
  config.max_pixels = 1 << 16;
  fuzz::Accepts([&] { FormatOfTrainingSet(config); });
  fuzz::Accepts([&] {
    const DatasetIndex set = OpenTrainingSet(config);
    for (const int label : set.labels) {
      fuzz::Require(label >= 0 && label < static_cast<int>(set.classes.ids.size()),
                    "an image's label is that of a class");
    }
    for (int64_t i = 0; i < std::min(set.size(), kMostDecoded + 1); ++i) ReadImage(set, i);
    set.images->FindDamage();
  });
  return 0;
}
