// Writing an LMDB database: whole transactions, one after the other, by one process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

struct MDB_env;

namespace danas {

struct LmdbPut {
  std::string key;
  std::vector<uint8_t> value;
  bool last = false;  // its key is above every other in the database: nodes are filled, not split
};

class LmdbWriter {
 public:
  // The database in `folder`, which is there; an empty one is made. The caller sees to it that nobody else writes:
  // there is no lock file. Throws FileError.
  explicit LmdbWriter(const std::filesystem::path& folder);
  ~LmdbWriter();
  LmdbWriter(const LmdbWriter&) = delete;
  LmdbWriter& operator=(const LmdbWriter&) = delete;

  // One transaction: all of it is on the disk when this returns, or none where it throws FileError. Of several threads
  // one at a time. `removed` keys need not be there.
  void Write(std::span<const LmdbPut> puts, std::span<const std::string> removed = {});

 private:
  int TryToWrite(std::span<const LmdbPut> puts, std::span<const std::string> removed);
  [[noreturn]] void Fail(int error) const;

  std::filesystem::path folder_;
  MDB_env* env_ = nullptr;
  size_t map_bytes_;
};

}  // namespace danas
