// An LMDB database's file, read without liblmdb, which trusts what it reads: here every page number, offset and size is
// checked against the file before it is followed, so that damage is an error and never a crash (docs/adr/0009). Mapped,
// read-only, without locks and without state: for any number of threads and processes at once, also after fork().
// The layout is liblmdb 0.9's on 64-bit machines: mdb.c, MDB_meta, MDB_page and MDB_node.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "danas/core/mapped_file.h"

namespace danas {

class LmdbFile {
 public:
  // Throws DataError: no such file, no LMDB, its head is damaged, made on a machine of another kind.
  explicit LmdbFile(const std::filesystem::path& path);

  // The value of `key` in the main database, within the mapping. Throws DataError where the pages on the way are
  // damaged or lie beyond the end of the file.
  std::optional<std::span<const uint8_t>> Find(std::string_view key) const;

  uint64_t entries() const { return entries_; }  // as the file's head says

 private:
  class Page;
  struct Node;

  [[noreturn]] void FailAt(uint64_t page, const std::string& what) const;
  Page PageAt(uint64_t number) const;
  std::span<const uint8_t> ValueOf(const Page& page, const Node& node) const;

  std::filesystem::path path_;
  std::unique_ptr<MappedFile> mapped_;
  std::span<const uint8_t> bytes_;
  uint64_t page_bytes_ = 0;
  uint64_t entries_ = 0;
  uint64_t root_ = 0;
};

}  // namespace danas
