// What editors and people read about the config keys, generated from the structs' Describe().
#pragma once

#include <string>

#include "danas/core/json.h"

namespace danas {

// JSON Schema (draft-07), committed as configs/schema.json: `danas config schema > configs/schema.json`.
Json ConfigSchema();

// A Markdown table for every section, committed as docs/config.md: `danas config reference > docs/config.md`.
std::string ConfigReference();

}  // namespace danas
