// How hard each person is to a pose network: the file that schedule.difficulty names. The paper orders classes; persons
// are of one class, and are ordered one by one (docs/keypoints.md, "From easy to hard").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "danas/core/json.h"

namespace danas {

struct PersonError {
  int64_t id = 0;    // of the annotation
  double error = 0;  // in [0, 1]: 1 - OKS between what the network found in the person's own box and the truth
  bool operator==(const PersonError&) const = default;
};

struct PersonDifficulty {
  std::string source;       // the file
  std::string fingerprint;  // of the set; empty: written with another tool
  std::vector<PersonError> persons;
};

// `source` stands for the file in errors. Throws DataError naming the person and what to do: no JSON, no list
// 'persons', a person without 'id' or 'error', a number that is none or outside of [0, 1], an id that is there twice.
PersonDifficulty ParseDifficulty(std::string_view text, const std::string& source);

// The file's text, a person a line. `about`: keys for people that ParseDifficulty() reads over.
std::string DifficultyText(const PersonDifficulty& difficulty, const Json& about);

// The error of each of `ids`. `annotated`: ids of all annotations of the set, whose errors may be there too. Throws
// DataError for a file of a set of another fingerprint, and for ids that are missing or that the set does not have.
std::vector<double> ErrorsOf(const PersonDifficulty& difficulty, const std::vector<int64_t>& ids,
                             const std::vector<int64_t>& annotated, uint64_t fingerprint);

}  // namespace danas
