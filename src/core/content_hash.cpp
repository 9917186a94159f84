#include "danas/core/content_hash.h"

#include <xxhash.h>

#include <new>

#include "danas/core/file.h"

namespace danas {

void ContentHash::FreeState::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

ContentHash::ContentHash(HashKind kind) {
  if (kind != HashKind::kXxh3) return;
  xxh3_.reset(XXH3_createState());
  if (xxh3_ == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(xxh3_.get());
}

void ContentHash::Update(std::string_view bytes) {
  if (xxh3_ == nullptr) {
    text_hash_.Update(bytes);
  } else {
    XXH3_64bits_update(xxh3_.get(), bytes.data(), bytes.size());
  }
}

std::string ContentHash::Hex() const {
  return HexText(xxh3_ == nullptr ? text_hash_.value() : XXH3_64bits_digest(xxh3_.get()));
}

std::string HashOfText(std::string_view text, HashKind kind) {
  ContentHash hash(kind);
  hash.Update(text);
  return hash.Hex();
}

std::string HashOfFile(const std::filesystem::path& path, HashKind kind) {
  ContentHash hash(kind);
  ReadBlocks(path, [&](std::string_view block) { hash.Update(block); });
  return hash.Hex();
}

}  // namespace danas
