// A zip archive whose entries are stored without compression, as torch.save writes it (PKWARE's APPNOTE 6.3, with
// zip64). Nothing is unpacked: an entry is a range of the file's bytes, so that no archive takes more memory than its
// directory.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace danas {

struct StoredEntry {
  std::span<const uint8_t> bytes;
  uint32_t crc32 = 0;  // as the directory says; see RequireIntact
};

// Names and entries; both point into `bytes`, the whole file. Throws CheckpointError beginning with `where` for
// anything that is not a complete archive or of which two readers could think differently: entries that are compressed,
// encrypted, doubled, overlapping, out of range, or whose own header contradicts the directory; archives in several
// parts.
std::map<std::string_view, StoredEntry> ReadStoredZip(std::span<const uint8_t> bytes, const std::string& where);

// The names alone, in the directory's order, whatever the entries hold and however they are stored. Throws
// CheckpointError where there is no directory that can be read.
std::vector<std::string_view> ReadZipNames(std::span<const uint8_t> bytes, const std::string& where);

// Throws CheckpointError where the checksum is not that of the bytes.
void RequireIntact(const StoredEntry& entry, std::string_view name, const std::string& where);

}  // namespace danas
