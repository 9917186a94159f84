// An LMDB database's file: what is found is a piece of it.
#include <optional>
#include <span>

#include "danas/data/dataset_index.h"
#include "fuzz.h"
#include "src/data/lmdb_file.h"
#include "src/data/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const std::string_view bytes = fuzz::Text(data, size);
  DataConfig config;
  config.train = folder.Write(packed::kFileName, bytes);
  const auto find = [&](const LmdbFile& file, const std::string& key) {
    std::optional<std::span<const uint8_t>> value;
    // Not `value` alone: g++ 12 lets a call that throws leave it as it likes.
    if (!fuzz::Accepts([&] { value = file.Find(key); }) || !value) return;
    fuzz::Require(bytes.find(fuzz::Text(value->data(), value->size())) != std::string_view::npos,
                  "a value is a piece of the file");
  };
  fuzz::Accepts([&] {
    const LmdbFile file(config.train);
    for (const char* key : {"", packed::kAbout, "a key between", "zz"}) find(file, key);
    for (const char* key : packed::kParts) find(file, key);
    for (const int64_t position : {0, 1, 4, 999}) find(file, packed::ImageKey(position));
  });
  fuzz::Accepts([&] { OpenTrainingSet(config); });
  return 0;
}
