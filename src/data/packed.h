// The layout of a packed set (docs/data.md, "Packed sets"): data.mdb, an LMDB database of these keys.
//   000000000000 ...  the images in the dataset's order: the bytes of a file, which DecodeImage reads
//   .about            JSON and its hash: what was packed and how; once it is finished also classes, counts, fingerprint
//   .labels .hashes .name_ends .names   the index: of every image its label, HashBytes of its bytes, its name
//   .persons          of persons with key-points alone: their annotations in COCO's format
//   .part 000000 ...  while it is packed: what each transaction added
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "danas/core/json.h"
#include "src/data/lmdb_file.h"

namespace danas::packed {

inline constexpr int kFormatVersion = 1;
inline constexpr const char* kFileName = "data.mdb";
inline constexpr const char* kAbout = ".about";
inline constexpr const char* kLabels = ".labels";       // int32 each
inline constexpr const char* kHashes = ".hashes";       // uint64 each
inline constexpr const char* kNameEnds = ".name_ends";  // uint64 each: where its name ends within .names
inline constexpr const char* kNames = ".names";         // one after the other
inline constexpr const char* kPersons = ".persons";     // of key-points: the annotations, as CocoText() writes them
inline constexpr const char* kParts[] = {kLabels, kHashes, kNameEnds, kNames};

std::string ImageKey(int64_t position);
std::string PartKey(int64_t part);

// `json` and its hash, as `.about` and the parts are stored.
std::vector<uint8_t> Sealed(const Json& json);
// None where the key is not there. Throws DataError with `where` for a value that is not what Sealed() made.
std::optional<Json> ReadSealed(const LmdbFile& file, const std::string& key, const std::string& where);

// `.about`; none in a database of others. Throws DataError where it is damaged or of a newer danas.
std::optional<Json> ReadAbout(const LmdbFile& file, const std::string& where);

}  // namespace danas::packed
