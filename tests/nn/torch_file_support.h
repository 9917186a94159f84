// Files of torch.save made by hand, sound and hostile: pickles from their opcodes, zip archives from their records.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace danas::test {

template <typename T>
std::string LittleEndian(T number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(static_cast<uint64_t>(number) >> (8 * i) & 0xff);
  return bytes;
}

// --- Pickles ---

inline std::string Text(std::string_view text) {
  return "X" + LittleEndian(static_cast<uint32_t>(text.size())) + std::string(text);
}

inline std::string Integer(int64_t number) { return "\x8a\x08" + LittleEndian(number); }

inline std::string Global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

inline std::string Tuple(std::initializer_list<int64_t> numbers) {
  std::string text = "(";
  for (const int64_t number : numbers) text += Integer(number);
  return text + "t";
}

struct TensorPickle {
  std::string key = "0";
  int64_t elements = 6;  // of the storage
  int64_t offset = 0;
  std::string sizes = Tuple({2, 3});
  std::string strides = Tuple({3, 1});
  std::string type = "FloatStorage";

  std::string Bytes() const {
    return Global("torch._utils", "_rebuild_tensor_v2") + "((" + Text("storage") + Global("torch", type) + Text(key) +
           Text("cpu") + Integer(elements) + "tQ" + Integer(offset) + sizes + strides + "\x89" +
           Global("collections", "OrderedDict") + ")RtR";
  }
};

inline std::string DictPickle(std::initializer_list<std::pair<std::string, std::string>> items) {
  std::string text = "}(";
  for (const auto& [key, value] : items) text += Text(key) + value;
  return text + "u";
}

inline std::string Protocol2(const std::string& value) { return "\x80\x02" + value + "."; }

// --- Zip archives ---

inline uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

struct ZipRecord {
  std::string name, bytes;
  uint16_t flags = 0, method = 0;
};

// As torch.save writes them; with `zip64` every number that can stand in a zip64 record does.
inline std::string Zip(const std::vector<ZipRecord>& records, bool zip64 = false) {
  std::string file, directory;
  for (const ZipRecord& record : records) {
    const auto size = static_cast<uint32_t>(record.bytes.size());
    const auto name_size = static_cast<uint16_t>(record.name.size());
    const std::string extra = zip64 ? LittleEndian<uint16_t>(1) + LittleEndian<uint16_t>(24) +
                                          LittleEndian<uint64_t>(size) + LittleEndian<uint64_t>(size) +
                                          LittleEndian<uint64_t>(file.size())
                                    : "";
    const std::string sizes = zip64 ? std::string(8, '\xff') : LittleEndian(size) + LittleEndian(size);
    const std::string common = LittleEndian<uint16_t>(20) + LittleEndian(record.flags) + LittleEndian(record.method) +
                               LittleEndian<uint32_t>(0) + LittleEndian(Crc32(record.bytes)) + sizes +
                               LittleEndian(name_size);
    directory += "PK\x01\x02" + LittleEndian<uint16_t>(20) + common +
                 LittleEndian(static_cast<uint16_t>(extra.size())) + std::string(10, '\0') +
                 (zip64 ? std::string(4, '\xff') : LittleEndian(static_cast<uint32_t>(file.size()))) + record.name +
                 extra;
    file += "PK\x03\x04" + common + LittleEndian<uint16_t>(0) + record.name + record.bytes;
  }
  const auto count = static_cast<uint16_t>(records.size());
  const uint64_t begin = file.size();
  file += directory;
  if (!zip64) {
    return file + "PK\x05\x06" + std::string(4, '\0') + LittleEndian(count) + LittleEndian(count) +
           LittleEndian(static_cast<uint32_t>(directory.size())) + LittleEndian(static_cast<uint32_t>(begin)) +
           std::string(2, '\0');
  }
  const uint64_t end = file.size();
  file += "PK\x06\x06" + LittleEndian<uint64_t>(44) + std::string(12, '\0') + LittleEndian<uint64_t>(count) +
          LittleEndian<uint64_t>(count) + LittleEndian<uint64_t>(directory.size()) + LittleEndian(begin);
  file += "PK\x06\x07" + std::string(4, '\0') + LittleEndian(end) + LittleEndian<uint32_t>(1);
  return file + "PK\x05\x06" + std::string(4, '\0') + std::string(12, '\xff') + std::string(2, '\0');
}

// An archive of a pickle and one record of data, 24 bytes unless told otherwise.
inline std::string TorchZip(const std::string& pickle, const std::string& data = std::string(24, '\0')) {
  return Zip({{"a/data.pkl", pickle}, {"a/byteorder", "little"}, {"a/data/0", data}, {"a/version", "3\n"}});
}

}  // namespace danas::test
