// Search spaces and networks as files. A space file gives stem, stages, head and candidates (docs/file-formats.md);
// best.json and space-<phase>.json give every layer in full.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/core/json.h"

namespace danas {

inline constexpr int kSpaceFormatVersion = 1;

struct LoadedSpace {
  SearchSpace space;
  std::vector<std::string> notes;  // for example the candidates dropped because they cannot be used in a layer
};

// A shipped space by name ("mobile", "mobile_small") or a file, JSON or YAML; behind a colon one of its skeletons,
// where it has several ("shuffle_mobile:spos_half"; the first is the default). `input` {0, 0} and `classes` 0: as in
// the file. Throws ConfigError with file, line and key, FileError where the file cannot be read.
LoadedSpace LoadSpace(const std::string& name_or_path, Size input = {}, int classes = 0);

// The names of the shipped spaces, sorted.
std::vector<std::string> ShippedSpaces();

Json ToJson(const BlockSpec& block);
Json ToJson(const SearchSpace& space);  // every layer in full; reads back to an equal space

// `where` names the file in errors. Throws ConfigError.
SearchSpace SpaceFromJson(const Json& json, const std::string& where);

}  // namespace danas
