// Hashes of files that may be larger than memory: the bytes are hashed as they are read.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "danas/core/hash.h"

struct XXH3_state_s;

namespace danas {

enum class HashKind {
  kTextHash,  // HashText()
  kXxh3,      // XXH3 with 64 bits and seed 0, as xxHash defines it
};

// Of bytes that come in parts; how they are cut makes no difference.
class ContentHash {
 public:
  explicit ContentHash(HashKind kind);
  void Update(std::string_view bytes);
  std::string Hex() const;  // of all so far: sixteen lower-case hexadecimal digits

 private:
  struct FreeState {
    void operator()(XXH3_state_s* state) const;
  };

  TextHash text_hash_;
  std::unique_ptr<XXH3_state_s, FreeState> xxh3_;  // null for kTextHash
};

std::string HashOfText(std::string_view text, HashKind kind);

// Reads the file in blocks. Throws FileError.
std::string HashOfFile(const std::filesystem::path& path, HashKind kind);

}  // namespace danas
