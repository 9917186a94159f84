// Config files in and out: JSON or YAML, `extends`, and assignments from the command line. What a file may hold is said
// once, by the structs' Describe() (config/config.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/core/json.h"

namespace danas {

// The file's settings over those of the file it `extends` (a path beside the file, or a shipped name) over those of
// search.strategy over those of search.preset (config/preset.h) over the defaults, then `assignments`
// ("search.budget=323M", "schedule.classes=[3, 5, 8, 10]") in order, then Validate(). A list replaces the list before
// it. Throws ConfigError with file, line, key and the nearest valid key, for a key that is unknown or stands twice, a
// value of another type, out of range or not finite, and for files that extend each other in a circle.
Config LoadConfig(const std::string& path_or_name, const std::vector<std::string>& assignments = {});

// The same over the settings of the file `base` in place of the defaults; without a file ("") base and assignments
// alone.
Config LoadConfigOver(const std::filesystem::path& base, const std::string& path_or_name,
                      const std::vector<std::string>& assignments);

// Applies assignments to a config that is there already, then Validate(). One that names another search.preset or
// search.strategy sets what that stands for first.
void Assign(Config& config, const std::vector<std::string>& assignments);

// Every key with its value, as a run folder's config.json holds it. ConfigFromJson(ToJson(c)) equals c. Keys that are
// left out, since an earlier danas did not know them, take their defaults, not those of search.preset and
// search.strategy, whose values may have been others then; `name` stands for the file in errors.
Json ToJson(const Config& config);
Config ConfigFromJson(const Json& json, const std::string& name);

// Checks what no single key can tell, such as train.micro_batch against train.batch. `name` opens the message of the
// ConfigError. LoadConfig, Assign and ConfigFromJson call it; the first two also refuse what contradicts itself in
// zoo.train.
void Validate(const Config& config, const std::string& name);

// Checks zoo.train as Validate() checks train and finetune.train. Apart from it, since the numbers that a config leaves
// out there come from a recipe: for a config that LoadConfigOver() has put over one.
void ValidateZoo(const Config& config, const std::string& name);

}  // namespace danas
