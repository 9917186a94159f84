// What a search tells of its last choice by scores. Fields: docs/file-formats.md.
#pragma once

#include "danas/core/json.h"
#include "danas/search/final_scores.h"
#include "danas/search/search_state.h"

namespace danas {

// The event final_scores, and what best.json says of it.
Json ScoresJson(const ScoredField& field, const Branch& branch, const SearchConfig& search);

}  // namespace danas
