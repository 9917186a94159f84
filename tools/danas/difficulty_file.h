// The file that schedule.difficulty names, and the copy of it that the run folder of a search keeps: a resumed run goes
// on with the order that it began with.
#pragma once

#include <filesystem>
#include <string>

#include "danas/config/config.h"
#include "danas/core/run_folder.h"
#include "danas/data/person_groups.h"
#include "danas/run/ranks.h"

namespace danas {

inline constexpr const char* kDifficultyCopy = "difficulty.json";  // in the run folder

// The text of the file as the first rank reads it, on every rank; empty where schedule.difficulty is. `run`: the folder
// of a run that may have a copy already (on the first rank), or nothing. Throws FileError where there is no such file,
// and ConfigError where it is another one than the run began with.
std::string ReadDifficulty(const Config& config, const std::filesystem::path& run, const Ranks& ranks);

// Null on all ranks but the first. A copy that is there stays.
void KeepDifficulty(const RunFolder* folder, const std::string& text);

// The training set in the groups of `text`. Throws as ParseDifficulty() and GroupPersons() do.
GroupedPersons GroupsOf(const std::shared_ptr<const DatasetIndex>& training_set, const Config& config,
                        const std::string& text);

}  // namespace danas
