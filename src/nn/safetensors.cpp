#include "danas/nn/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/json.h"
#include "danas/core/text_fault.h"

namespace danas {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian; bytes are copied as they are");

constexpr uint64_t kLargestHeader = 25'000'000;  // 100,000 tensors take 10 MB
constexpr const char* kMetadata = "__metadata__";

struct TypeName {
  std::string_view name;
  at::ScalarType type;
};
constexpr std::array kTypes = {
    TypeName{"BOOL", at::kBool},
    TypeName{"U8", at::kByte},
    TypeName{"I8", at::kChar},
    TypeName{"I16", at::kShort},
    TypeName{"I32", at::kInt},
    TypeName{"I64", at::kLong},
    TypeName{"U16", at::kUInt16},
    TypeName{"U32", at::kUInt32},
    TypeName{"U64", at::kUInt64},
    TypeName{"F16", at::kHalf},
    TypeName{"BF16", at::kBFloat16},
    TypeName{"F32", at::kFloat},
    TypeName{"F64", at::kDouble},
    TypeName{"F8_E4M3", at::kFloat8_e4m3fn},
    TypeName{"F8_E5M2", at::kFloat8_e5m2},
};

// --- Writing ---

std::string_view NameOfType(const std::string& tensor, at::ScalarType type) {
  const auto it = std::find_if(kTypes.begin(), kTypes.end(), [type](const TypeName& t) { return t.type == type; });
  if (it == kTypes.end()) {
    throw std::invalid_argument(tensor + ": safetensors has no type for " + c10::toString(type));
  }
  return it->name;
}

void RequireDistinctNames(const NamedTensors& tensors) {
  std::set<std::string> names{kMetadata};
  for (const auto& [name, tensor] : tensors) {
    if (!names.insert(name).second) throw std::invalid_argument("safetensors cannot hold \"" + name + "\" here");
  }
}

std::string HeaderOf(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  uint64_t begin = 0;
  for (const auto& [name, tensor] : tensors) {
    const uint64_t end = begin + tensor.nbytes();
    header[name] = {{"dtype", NameOfType(name, tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data start at a multiple of 8
  return text;
}

// --- Reading ---

struct Entry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path) {
    std::error_code error;
    size_ = std::filesystem::file_size(path, error);
    if (!error) stream_.open(path, std::ios::binary);
    if (error || !stream_) {
      throw FileError("cannot read " + path.string() + (error ? ": " + error.message() : std::string()));
    }
  }

  SafetensorsFile Read() {
    const Json header = ReadHeader();
    SafetensorsFile file;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata) {
        file.metadata = ReadMetadata(value);
      } else {
        entries.push_back(ReadEntry(name, value));
      }
    }
    RequireNoHoles(entries);
    for (const Entry& entry : entries) file.tensors.emplace_back(entry.name, ReadTensor(entry));
    return file;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw CheckpointError(path_.string() + " is not a complete safetensors file: " + what);
  }

  void ReadBytes(void* bytes, uint64_t count) {
    stream_.read(static_cast<char*>(bytes), static_cast<std::streamsize>(count));
    if (!stream_) Fail("it ends early");
  }

  Json ReadHeader() {
    uint64_t length = 0;
    if (size_ < sizeof(length)) Fail("it has " + std::to_string(size_) + " bytes");
    ReadBytes(&length, sizeof(length));
    if (length > kLargestHeader)
      Fail("a header of " + std::to_string(length) + " bytes; at most " + std::to_string(kLargestHeader) +
           " are allowed");
    if (length > size_ - sizeof(length)) {
      Fail("a header of " + std::to_string(length) + " bytes in a file of " + std::to_string(size_) +
           ". It was cut short: fetch or copy it again");
    }
    data_begin_ = sizeof(length) + length;
    std::string text(length, '\0');
    ReadBytes(text.data(), length);
    return ParseHeader(text);
  }

  // Depth is bounded while parsing: a header of nothing but brackets would take many times its size. Doubled names are
  // an error: which of the two is meant, nobody knows.
  Json ParseHeader(const std::string& text) const {
    std::vector<std::set<std::string>> names;
    const auto check = [&](int depth, Json::parse_event_t event, Json& value) {
      if (depth > 3) Fail("its header is nested too deeply");
      if (event == Json::parse_event_t::object_start) names.emplace_back();
      if (event == Json::parse_event_t::object_end) names.pop_back();
      if (event == Json::parse_event_t::key && !names.back().insert(value.get<std::string>()).second) {
        Fail("its header names \"" + value.get<std::string>() + "\" twice");
      }
      return true;
    };
    Json header;
    try {
      header = Json::parse(text, check);
    } catch (const Json::exception&) {
      const TextFault fault = FindJsonFault(text).value_or(TextFault{.what = "it cannot be read"});
      Fail("its header is not JSON: character " + std::to_string(fault.column) + ": " + fault.what);
    }
    if (!header.is_object()) Fail("its header is not a JSON object");
    return header;
  }

  std::map<std::string, std::string> ReadMetadata(const Json& value) const {
    std::map<std::string, std::string> metadata;
    if (!value.is_object()) Fail("__metadata__ is not an object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) Fail("__metadata__." + key + " is not a string");
      metadata[key] = text.get<std::string>();
    }
    return metadata;
  }

  const Json& Member(const std::string& name, const Json& value, const char* key) const {
    if (!value.is_object() || value.size() != 3 || !value.contains(key)) {
      Fail(name + " does not have exactly dtype, shape and data_offsets");
    }
    return value.at(key);
  }

  std::vector<uint64_t> ReadNumbers(const std::string& name, const Json& value) const {
    std::vector<uint64_t> numbers;
    if (!value.is_array()) Fail(name + ": shape or data_offsets is not a list");
    for (const Json& number : value) {
      if (!number.is_number_unsigned() || number.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
        Fail(name + ": shape or data_offsets contains " + number.dump());
      }
      numbers.push_back(number.get<uint64_t>());
    }
    return numbers;
  }

  Entry ReadEntry(const std::string& name, const Json& value) const {
    Entry entry;
    entry.name = name;
    const Json& type = Member(name, value, "dtype");
    const auto it = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) {
      return type.is_string() && t.name == type.get<std::string>();
    });
    if (it == kTypes.end()) Fail(name + " has the unknown type " + type.dump());
    entry.type = it->type;
    const std::vector<uint64_t> offsets = ReadNumbers(name, Member(name, value, "data_offsets"));
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > size_ - data_begin_) {
      Fail(name + " has the data_offsets " + value.at("data_offsets").dump() + " in " +
           std::to_string(size_ - data_begin_) + " bytes of data" +
           (offsets.size() == 2 && offsets[0] <= offsets[1] ? ". It was cut short: fetch or copy it again" : ""));
    }
    entry.begin = offsets[0];
    entry.end = offsets[1];
    int64_t bytes = static_cast<int64_t>(c10::elementSize(entry.type));
    int64_t stride = bytes;  // a tensor without elements has strides, too, and they must not overflow
    for (const uint64_t number : ReadNumbers(name, Member(name, value, "shape"))) {
      const auto extent = static_cast<int64_t>(number);
      entry.shape.push_back(extent);
      if (__builtin_mul_overflow(stride, std::max<int64_t>(extent, 1), &stride))
        Fail(name + " has a shape that is too large");
      bytes *= extent;
    }
    if (static_cast<uint64_t>(bytes) != entry.end - entry.begin) {
      Fail(name + " needs " + std::to_string(bytes) + " bytes, its data_offsets give " +
           std::to_string(entry.end - entry.begin));
    }
    return entry;
  }

  void RequireNoHoles(const std::vector<Entry>& entries) const {
    std::vector<const Entry*> ordered;
    for (const Entry& entry : entries) ordered.push_back(&entry);
    std::sort(ordered.begin(), ordered.end(),
              [](const Entry* a, const Entry* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
    uint64_t expected = 0;
    for (const Entry* entry : ordered) {
      if (entry->begin != expected) {
        Fail(entry->name + " starts at byte " + std::to_string(entry->begin) +
             " of the data, but the part before it ends at " + std::to_string(expected));
      }
      expected = entry->end;
    }
    if (expected != size_ - data_begin_) {
      Fail("its tensors end at byte " + std::to_string(expected) + " of " + std::to_string(size_ - data_begin_) +
           " bytes of data");
    }
  }

  at::Tensor ReadTensor(const Entry& entry) {
    at::Tensor tensor = at::empty(entry.shape, entry.type);
    if (entry.end == entry.begin) return tensor;
    stream_.seekg(static_cast<std::streamoff>(data_begin_ + entry.begin));
    ReadBytes(tensor.mutable_data_ptr(), entry.end - entry.begin);
    if (entry.type == at::kBool) RequireBooleans(entry, tensor);
    return tensor;
  }

  // Other bytes than 0 and 1 in a bool are undefined behaviour.
  void RequireBooleans(const Entry& entry, const at::Tensor& tensor) const {
    const auto* byte = static_cast<const unsigned char*>(tensor.const_data_ptr());
    if (std::any_of(byte, byte + tensor.numel(), [](unsigned char b) { return b > 1; })) {
      Fail(entry.name + " contains booleans that are neither 0 nor 1");
    }
  }

  std::filesystem::path path_;
  std::ifstream stream_;
  uint64_t size_ = 0;
  uint64_t data_begin_ = 0;
};

}  // namespace

void WriteSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata) {
  RequireDistinctNames(tensors);
  NamedTensors ordered = tensors;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.second.element_size() > b.second.element_size(); });
  const std::string header = HeaderOf(ordered, metadata);
  const uint64_t length = header.size();
  WriteFileAtomically(path, [&](const AppendBytes& append) {
    append(&length, sizeof(length));
    append(header.data(), header.size());
    for (const auto& [name, tensor] : ordered) {
      const at::Tensor whole = tensor.detach().cpu().contiguous();
      if (whole.nbytes() > 0) append(whole.const_data_ptr(), whole.nbytes());
    }
  });
}

SafetensorsFile ReadSafetensors(const std::filesystem::path& path) { return Reader(path).Read(); }

}  // namespace danas
