#include "src/data/mat_file.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "danas/core/error.h"

namespace danas {
namespace {

static_assert(std::endian::native == std::endian::little);

using Bytes = std::span<const uint8_t>;

constexpr size_t kHeaderBytes = 128;
constexpr size_t kMaxUnpacked = size_t{256} << 20;

enum DataType : uint32_t {
  kInt8 = 1,
  kUint8 = 2,
  kInt16 = 3,
  kUint16 = 4,
  kInt32 = 5,
  kUint32 = 6,
  kSingle = 7,
  kDouble = 9,
  kMatrix = 14,
  kCompressed = 15,
  kUtf8 = 16
};
enum ArrayClass : uint8_t { kStructClass = 2, kCharClass = 4, kFirstNumberClass = 6 };

struct Damaged {};

template <typename T>
T Load(Bytes bytes, size_t at) {
  if (bytes.size() < sizeof(T) || at > bytes.size() - sizeof(T)) throw Damaged();
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

struct Element {
  uint32_t type = 0;
  Bytes data;
};

// Takes one data element from the front of `rest`. Small ones keep type, size and data in eight bytes.
Element Take(Bytes& rest) {
  const auto word = Load<uint32_t>(rest, 0);
  const bool small = word >> 16 != 0;
  const uint32_t type = small ? word & 0xFFFF : word;
  const size_t size = small ? word >> 16 : Load<uint32_t>(rest, 4);
  const size_t start = small ? 4 : 8;
  if (small && size > 4) throw Damaged();
  if (size > rest.size() - std::min(rest.size(), start)) throw Damaged();
  const Element element{type, rest.subspan(start, size)};
  const size_t padded = type == kCompressed ? start + size : (start + size + 7) / 8 * 8;
  rest = rest.subspan(std::min(rest.size(), padded));
  return element;
}

std::vector<uint8_t> Inflate(Bytes packed) {
  std::vector<uint8_t> bytes(std::min(kMaxUnpacked, std::max<size_t>(4096, packed.size() * 8)));
  for (;;) {
    uLongf size = bytes.size();
    const int result = uncompress(bytes.data(), &size, packed.data(), packed.size());
    if (result == Z_OK) {
      bytes.resize(size);
      return bytes;
    }
    if (result != Z_BUF_ERROR || bytes.size() >= kMaxUnpacked) throw Damaged();
    bytes.resize(std::min(kMaxUnpacked, bytes.size() * 4));
  }
}

double FirstNumber(const Element& element) {
  if (element.data.empty()) return 0;
  switch (element.type) {
    case kInt8:
      return Load<int8_t>(element.data, 0);
    case kUint8:
      return Load<uint8_t>(element.data, 0);
    case kInt16:
      return Load<int16_t>(element.data, 0);
    case kUint16:
      return Load<uint16_t>(element.data, 0);
    case kInt32:
      return Load<int32_t>(element.data, 0);
    case kUint32:
      return Load<uint32_t>(element.data, 0);
    case kSingle:
      return static_cast<double>(Load<float>(element.data, 0));
    case kDouble:
      return Load<double>(element.data, 0);
    default:
      throw Damaged();
  }
}

std::string Text(const Element& element) {
  if (element.type != kUint16) return {element.data.begin(), element.data.end()};  // 8-bit or UTF-8
  std::string text;
  for (size_t i = 0; i + 1 < element.data.size(); i += 2) {
    const auto unit = Load<uint16_t>(element.data, i);
    if (unit < 0x80) {
      text += static_cast<char>(unit);
    } else if (unit < 0x800) {
      text += {static_cast<char>(0xC0 | unit >> 6), static_cast<char>(0x80 | (unit & 0x3F))};
    } else {
      text += {static_cast<char>(0xE0 | unit >> 12), static_cast<char>(0x80 | (unit >> 6 & 0x3F)),
               static_cast<char>(0x80 | (unit & 0x3F))};
    }
  }
  return text;
}

// The parts every array begins with.
struct ArrayHeader {
  uint8_t array_class = 0;
  uint64_t elements = 1;
  std::string name;
};

ArrayHeader TakeArrayHeader(Bytes& rest) {
  ArrayHeader header;
  header.array_class = Load<uint8_t>(Take(rest).data, 0);
  const Bytes sizes = Take(rest).data;
  for (size_t i = 0; i + 4 <= sizes.size(); i += 4) {
    header.elements *= Load<uint32_t>(sizes, i);
    if (header.elements > kMaxUnpacked) throw Damaged();
  }
  header.name = Text(Take(rest));
  return header;
}

std::optional<MatValue> ReadValue(Bytes matrix) {
  if (matrix.empty()) return std::nullopt;
  const ArrayHeader header = TakeArrayHeader(matrix);
  if (header.array_class == kCharClass) return Text(Take(matrix));
  if (header.array_class >= kFirstNumberClass) return FirstNumber(Take(matrix));
  return std::nullopt;
}

// `rest` follows the array's header: length of the names, the names, then each element's fields in turn.
MatStruct ReadFields(Bytes rest, uint64_t elements) {
  const auto name_bytes = Load<uint32_t>(Take(rest).data, 0);
  const Bytes names = Take(rest).data;
  if (name_bytes == 0 || elements > rest.size()) throw Damaged();
  std::vector<std::string> fields;
  for (size_t at = 0; at + name_bytes <= names.size(); at += name_bytes) {
    const auto* start = reinterpret_cast<const char*>(names.data() + at);
    fields.emplace_back(start, strnlen(start, name_bytes));
  }
  MatStruct result(elements);
  for (auto& element : result) {
    for (const std::string& field : fields) {
      const Element value = Take(rest);
      if (value.type != kMatrix) throw Damaged();
      if (auto read = ReadValue(value.data)) element.emplace(field, std::move(*read));
    }
  }
  return result;
}

std::optional<MatStruct> FindStruct(Bytes rest, const std::string& name) {
  std::vector<uint8_t> unpacked;
  while (rest.size() >= 8) {
    Element element = Take(rest);
    if (element.type == kCompressed) {
      unpacked = Inflate(element.data);
      Bytes inner = unpacked;
      element = Take(inner);
    }
    if (element.type != kMatrix) continue;
    Bytes matrix = element.data;
    const ArrayHeader header = TakeArrayHeader(matrix);
    if (header.name == name && header.array_class == kStructClass) return ReadFields(matrix, header.elements);
  }
  return std::nullopt;
}

}  // namespace

MatStruct ReadMatStruct(Bytes bytes, const std::string& name, const std::string& file) {
  if (bytes.size() < kHeaderBytes || bytes[126] != 'I' || bytes[127] != 'M') {
    throw DataError(file + ": not a little-endian MAT-file of level 5");
  }
  try {
    if (auto found = FindStruct(bytes.subspan(kHeaderBytes), name)) return std::move(*found);
  } catch (const Damaged&) {
    throw DataError(file + ": damaged or cut short; unpack it again");
  }
  throw DataError(file + ": contains no structure array '" + name + "'");
}

}  // namespace danas
