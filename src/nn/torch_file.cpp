#include "danas/nn/torch_file.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "danas/core/error.h"
#include "danas/core/mapped_file.h"
#include "src/nn/foreign_file.h"
#include "src/nn/printable.h"
#include "src/nn/stored_state.h"
#include "src/nn/stored_zip.h"

namespace danas {
namespace {

using Bytes = std::span<const uint8_t>;
using StorageBytes = std::map<std::string_view, Bytes>;

constexpr std::string_view kZipStart = "PK\x03\x04";
// The pickled number 0x1950a86a20f9469cfc6c, with which files before PyTorch 1.6 begin.
constexpr std::string_view kOldStart = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.";
constexpr int64_t kOldVersion = 1001;

bool StartsWith(Bytes bytes, std::string_view start) {
  return bytes.size() >= start.size() && std::memcmp(bytes.data(), start.data(), start.size()) == 0;
}

struct Contents {
  Pickle pickle;
  StoredState state;
  StorageBytes storages;  // of the size that the pickle claims; at least those that the tensors use
};

// --- Zip archives: NAME/data.pkl, NAME/data/KEY for each storage, NAME/byteorder since PyTorch 2.1 ---

class ZipFile {
 public:
  ZipFile(Bytes bytes, const std::string& where) : where_(where) {
    // Before anything else: the entries of other archives are compressed, say, which would be reported first.
    if (const std::string what = DescribeForeignZip(ReadZipNames(bytes, where)); !what.empty()) {
      throw CheckpointError(where + " " + what);
    }
    entries_ = ReadStoredZip(bytes, where);
    const std::string_view first = entries_.begin()->first;
    folder_ = first.substr(0, first.find('/') + 1);
  }

  Contents Read() const {
    if (const StoredEntry* order = Find("byteorder")) {
      if (!std::ranges::equal(order->bytes, std::string_view("little"))) Fail("its numbers are not little-endian");
    }
    Contents contents;
    contents.pickle = ReadPickle(Record("data.pkl"), TorchGlobals(), where_);
    contents.state = ReadStoredState(contents.pickle, where_);
    for (const StoredTensor& tensor : contents.state.tensors) {
      const std::string_view key = tensor.storage;
      if (contents.storages.contains(key)) continue;
      const StorageClaim& claim = contents.state.storages.at(key);
      const Bytes record = Record("data/" + std::string(key));
      if (record.size() != claim.bytes()) {
        Fail("its record " + Printable(key) + " has " + std::to_string(record.size()) + " bytes, its tensors expect " +
             std::to_string(claim.bytes()));
      }
      contents.storages[key] = record;
    }
    return contents;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw CheckpointError(where_ + " does not contain a readable state dict: " + what);
  }

  const StoredEntry* Find(const std::string& name) const {
    const auto it = entries_.find(std::string(folder_) + name);
    return it == entries_.end() ? nullptr : &it->second;
  }

  Bytes Record(const std::string& name) const {
    const StoredEntry* entry = Find(name);
    if (entry == nullptr) Fail("it has no record " + Printable(std::string(folder_) + name));
    RequireIntact(*entry, name, where_);
    return entry->bytes;
  }

  const std::string& where_;
  std::map<std::string_view, StoredEntry> entries_;
  std::string_view folder_;
};

// --- Files before PyTorch 1.6: pickles of a number, a version, the system, the state dict and a list of keys; then
// for each key the number of elements (64 bits) and the elements ---

class OldFile {
 public:
  OldFile(Bytes bytes, const std::string& where) : rest_(bytes.subspan(kOldStart.size())), where_(where) {}

  Contents Read() {
    const Pickle version = Next();
    if (version[version.root].integer != kOldVersion) Fail("its version is not 1001");
    RequireLittleEndian(Next());
    Contents contents;
    contents.pickle = Next();
    contents.state = ReadStoredState(contents.pickle, where_);
    const Pickle keys = Next();
    for (const PickleIndex key : keys[keys.root].items) {
      const auto claim = contents.state.storages.find(keys[key].text);
      if (claim == contents.state.storages.end()) Fail("its storage " + Printable(keys[key].text) + " has no size");
      contents.storages[claim->first] = NextStorage(claim->first, claim->second);
    }
    for (const StoredTensor& tensor : contents.state.tensors) {
      if (!contents.storages.contains(tensor.storage)) Fail("its storage " + Printable(tensor.storage) + " is missing");
    }
    return contents;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw CheckpointError(where_ + " does not contain a readable state dict: " + what);
  }

  Pickle Next() {
    Pickle pickle = ReadPickle(rest_, TorchGlobals(), where_);
    rest_ = rest_.subspan(pickle.size);
    return pickle;
  }

  void RequireLittleEndian(const Pickle& system) const {
    const std::vector<PickleIndex>& items = system[system.root].items;
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (system[items[i]].text == "little_endian" && system[items[i + 1]].integer == 1) return;
    }
    Fail("its numbers are not little-endian");
  }

  Bytes NextStorage(std::string_view key, const StorageClaim& claim) {
    uint64_t elements = 0;
    if (rest_.size() < sizeof(elements)) Fail("it ends early. It was cut short: fetch or copy it again");
    std::memcpy(&elements, rest_.data(), sizeof(elements));
    if (elements != claim.elements) {
      Fail("its storage " + Printable(key) + " has " + std::to_string(elements) + " elements, its tensors expect " +
           std::to_string(claim.elements));
    }
    rest_ = rest_.subspan(sizeof(elements));
    if (rest_.size() < claim.bytes()) Fail("it ends early. It was cut short: fetch or copy it again");
    const Bytes bytes = rest_.first(claim.bytes());
    rest_ = rest_.subspan(claim.bytes());
    return bytes;
  }

  Bytes rest_;
  const std::string& where_;
};

Contents ReadContents(Bytes bytes, const std::string& where) {
  if (StartsWith(bytes, kZipStart)) return ZipFile(bytes, where).Read();
  if (StartsWith(bytes, kOldStart)) return OldFile(bytes, where).Read();
  throw CheckpointError(where + " is not a torch.save file");
}

// --- Tensors ---

at::ScalarType TypeOf(const StoredType& type) {
  using Pair = std::pair<std::string_view, at::ScalarType>;
  static constexpr std::array kTypes = {
      Pair{"torch.FloatStorage", at::kFloat}, Pair{"torch.DoubleStorage", at::kDouble},
      Pair{"torch.HalfStorage", at::kHalf},   Pair{"torch.BFloat16Storage", at::kBFloat16},
      Pair{"torch.LongStorage", at::kLong},   Pair{"torch.IntStorage", at::kInt},
      Pair{"torch.ShortStorage", at::kShort}, Pair{"torch.CharStorage", at::kChar},
      Pair{"torch.ByteStorage", at::kByte},   Pair{"torch.BoolStorage", at::kBool},
  };
  return std::ranges::find(kTypes, type.name, &Pair::first)->second;
}

at::Tensor CopyStorage(Bytes bytes, at::ScalarType type) {
  at::Tensor storage = at::empty({static_cast<int64_t>(bytes.size() / c10::elementSize(type))}, type);
  if (bytes.empty()) return storage;
  auto* to = static_cast<uint8_t*>(storage.mutable_data_ptr());
  std::memcpy(to, bytes.data(), bytes.size());
  // Other bytes than 0 and 1 in a bool are undefined behaviour.
  if (type == at::kBool) std::transform(to, to + bytes.size(), to, [](uint8_t b) { return b != 0; });
  return storage;
}

}  // namespace

bool IsTorchFile(const std::filesystem::path& path) {
  const MappedFile file(path);
  return StartsWith(file.bytes(), kZipStart) || StartsWith(file.bytes(), kOldStart);
}

TorchFile ReadTorchFile(const std::filesystem::path& path) {
  const MappedFile mapped(path);
  const std::string where = path.string();
  const Contents contents = ReadContents(mapped.bytes(), where);
  std::map<std::string_view, at::Tensor> storages;
  TorchFile file{.tensors = {}, .notes = contents.state.notes};
  for (const StoredTensor& tensor : contents.state.tensors) {
    at::Tensor& storage = storages[tensor.storage];
    if (!storage.defined()) {
      const StoredType& type = *contents.state.storages.at(tensor.storage).type;
      storage = CopyStorage(contents.storages.at(tensor.storage), TypeOf(type));
    }
    file.tensors.emplace_back(tensor.name, storage.as_strided(tensor.sizes, tensor.strides, tensor.offset));
  }
  return file;
}

}  // namespace danas
