#include "src/nn/stored_zip.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "danas/core/error.h"
#include "src/nn/printable.h"

namespace danas {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian; numbers are copied as they are");

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56, kLocator64Size = 20;
constexpr size_t kLongestComment = 0xffff;
constexpr uint16_t kIn64 = 0xffff;  // the number is in a zip64 record instead
constexpr uint32_t kIn64Long = 0xffffffff;
constexpr uint16_t kExtra64 = 1;
constexpr uint16_t kEncrypted = 0x2041;    // bits 0, 6 and 13 of the flags
constexpr uint16_t kSizesFollow = 0x0008;  // the local header leaves sizes and checksum out

struct Directory {
  uint64_t entries = 0, begin = 0, size = 0;
  uint64_t end = 0;  // where what follows the directory starts
};

struct Header {
  std::string_view name;
  uint16_t flags = 0, method = 0;
  uint32_t crc32 = 0;
  uint64_t packed = 0, size = 0, local = 0;
};

class Reader {
 public:
  Reader(std::span<const uint8_t> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  std::map<std::string_view, StoredEntry> Read() {
    const Directory directory = FindDirectory();
    std::vector<Header> headers = ReadHeaders(directory);
    std::sort(headers.begin(), headers.end(), [](const Header& a, const Header& b) { return a.local < b.local; });
    std::map<std::string_view, StoredEntry> entries;
    uint64_t free_from = 0;
    for (const Header& header : headers) {
      if (header.local < free_from) Fail("its entry " + Printable(header.name) + " overlaps another");
      const std::span<const uint8_t> bytes = Locate(header, directory.begin);
      free_from = static_cast<uint64_t>(bytes.data() - bytes_.data()) + bytes.size();
      if (!entries.emplace(header.name, StoredEntry{bytes, header.crc32}).second) {
        Fail("its entry " + Printable(header.name) + " appears twice");
      }
    }
    return entries;
  }

  std::vector<std::string_view> ReadNames() const {
    std::vector<std::string_view> names;
    EachEntry(FindDirectory(),
              [&](uint64_t at, uint16_t name, uint16_t) { names.push_back(Text(at + kCentralSize, name)); });
    return names;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw CheckpointError(where_ + " is not a complete zip archive as torch.save writes it: " + what);
  }

  template <typename T>
  T At(uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) Fail("it ends early");
    T number;
    std::memcpy(&number, bytes_.data() + offset, sizeof(T));
    return number;
  }

  std::string_view Text(uint64_t offset, uint64_t size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) Fail("it ends early");
    return {reinterpret_cast<const char*>(bytes_.data()) + offset, size};
  }

  // The end record is the last one whose comment ends with the file.
  uint64_t FindEnd() const {
    if (bytes_.size() >= kEndSize) {
      const uint64_t last = bytes_.size() - kEndSize;
      const uint64_t first = last > kLongestComment ? last - kLongestComment : 0;
      for (uint64_t offset = last + 1; offset-- > first;) {
        if (At<uint32_t>(offset) == kEndSignature && At<uint16_t>(offset + 20) == last - offset) return offset;
      }
    }
    Fail("it has no directory at its end. It was cut short: fetch or copy it again");
  }

  Directory FindDirectory() const {
    const uint64_t end = FindEnd();
    const auto disk = At<uint16_t>(end + 4), first_disk = At<uint16_t>(end + 6);
    const auto here = At<uint16_t>(end + 8), entries = At<uint16_t>(end + 10);
    if (disk != first_disk || (disk != 0 && disk != kIn64) || here != entries) Fail("it is one part of several");
    Directory directory{entries, At<uint32_t>(end + 16), At<uint32_t>(end + 12), end};
    if (entries == kIn64 || directory.begin == kIn64Long || directory.size == kIn64Long)
      directory = FindDirectory64(end);
    if (directory.begin > directory.end || directory.size > directory.end - directory.begin) {
      Fail("its directory is outside of it");
    }
    if (directory.entries > directory.size / kCentralSize) Fail("its directory is too short for its entries");
    return directory;
  }

  Directory FindDirectory64(uint64_t end) const {
    if (end < kLocator64Size || At<uint32_t>(end - kLocator64Size) != kLocator64Signature)
      Fail("it has no zip64 record");
    const auto record = At<uint64_t>(end - kLocator64Size + 8);
    if (record > end || end - record < kEnd64Size || At<uint32_t>(record) != kEnd64Signature) {
      Fail("its zip64 record is not where it should be");
    }
    const auto here = At<uint64_t>(record + 24), entries = At<uint64_t>(record + 32);
    if (At<uint32_t>(record + 16) != 0 || At<uint32_t>(record + 20) != 0 || here != entries) {
      Fail("it is one part of several");
    }
    return {entries, At<uint64_t>(record + 48), At<uint64_t>(record + 40), record};
  }

  std::vector<Header> ReadHeaders(const Directory& directory) const {
    std::vector<Header> headers;
    EachEntry(directory,
              [&](uint64_t at, uint16_t name, uint16_t extra) { headers.push_back(ReadHeader(at, name, extra)); });
    return headers;
  }

  template <typename Visit>
  void EachEntry(const Directory& directory, const Visit& visit) const {
    const uint64_t end = directory.begin + directory.size;
    uint64_t at = directory.begin;
    for (uint64_t i = 0; i < directory.entries; ++i) {
      if (end - at < kCentralSize || At<uint32_t>(at) != kCentralSignature) Fail("its directory is damaged");
      const auto name = At<uint16_t>(at + 28), extra = At<uint16_t>(at + 30), comment = At<uint16_t>(at + 32);
      const uint64_t size = kCentralSize + name + extra + comment;
      if (end - at < size) Fail("its directory is damaged");
      visit(at, name, extra);
      at += size;
    }
    if (at != end) Fail("its directory is longer than its entries");
  }

  Header ReadHeader(uint64_t at, uint16_t name, uint16_t extra) const {
    Header header{.name = Text(at + kCentralSize, name),
                  .flags = At<uint16_t>(at + 8),
                  .method = At<uint16_t>(at + 10),
                  .crc32 = At<uint32_t>(at + 16),
                  .packed = At<uint32_t>(at + 20),
                  .size = At<uint32_t>(at + 24),
                  .local = At<uint32_t>(at + 42)};
    ReadExtra64(header, at + kCentralSize + name, extra);
    if ((header.flags & kEncrypted) != 0) Fail("its entry " + Printable(header.name) + " is encrypted");
    if (header.method != 0) {
      Fail("its entry " + Printable(header.name) +
           " is compressed, which torch.save does not do. Unpack the archive and "
           "zip it again without compression (zip -0), or load and save it with torch");
    }
    if (header.packed != header.size) Fail("its entry " + Printable(header.name) + " has two sizes");
    return header;
  }

  // The numbers too large for their field, in this order.
  void ReadExtra64(Header& header, uint64_t at, uint16_t length) const {
    const uint64_t end = at + length;
    while (end - at >= 4) {
      const uint64_t next = at + 4 + At<uint16_t>(at + 2);
      if (next > end) Fail("its entry " + Printable(header.name) + " has a damaged extra field");
      if (At<uint16_t>(at) == kExtra64) {
        uint64_t field = at + 4;
        for (uint64_t* number : {&header.size, &header.packed, &header.local}) {
          if (*number != kIn64Long) continue;
          if (next - field < 8) Fail("its entry " + Printable(header.name) + " has a damaged extra field");
          *number = At<uint64_t>(field);
          field += 8;
        }
        return;
      }
      at = next;
    }
  }

  // The entry's bytes, which the local header says where to find; all of it lies before `limit`.
  std::span<const uint8_t> Locate(const Header& header, uint64_t limit) const {
    const std::string entry = "its entry " + Printable(header.name);
    if (header.local > limit || limit - header.local < kLocalSize) Fail(entry + " is outside of it");
    const uint64_t at = header.local;
    if (At<uint32_t>(at) != kLocalSignature) Fail(entry + " is not where the directory says");
    const auto flags = At<uint16_t>(at + 6), name = At<uint16_t>(at + 26), extra = At<uint16_t>(at + 28);
    const uint64_t begin = at + kLocalSize + name + extra;
    if (begin > limit || header.size > limit - begin) Fail(entry + " is outside of it");
    const auto size = At<uint32_t>(at + 22);
    const bool same_size = (flags & kSizesFollow) != 0 || size == kIn64Long || size == header.size;
    if (flags != header.flags || At<uint16_t>(at + 8) != header.method || Text(at + kLocalSize, name) != header.name ||
        !same_size) {
      Fail(entry + " is described in two ways");
    }
    return bytes_.subspan(begin, header.size);
  }

  std::span<const uint8_t> bytes_;
  const std::string& where_;
};

}  // namespace

std::map<std::string_view, StoredEntry> ReadStoredZip(std::span<const uint8_t> bytes, const std::string& where) {
  return Reader(bytes, where).Read();
}

std::vector<std::string_view> ReadZipNames(std::span<const uint8_t> bytes, const std::string& where) {
  return Reader(bytes, where).ReadNames();
}

void RequireIntact(const StoredEntry& entry, std::string_view name, const std::string& where) {
  if (::crc32_z(0, entry.bytes.data(), entry.bytes.size()) == entry.crc32) return;
  throw CheckpointError(where + " is damaged: the checksum of its entry " + Printable(name) +
                        " is wrong. Fetch or copy the file again");
}

}  // namespace danas
