// What a study does: steps, each a command of danas that a user could type, and the trials that they make up.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/core/json.h"
#include "danas/study/study_file.h"

namespace danas {

enum class StepKind { kEasiness, kSearch, kDraw, kFinetune };

struct StudyStep {
  std::string name;  // "paper, seed 3, 0.4M: search"
  StepKind kind = StepKind::kSearch;
  std::filesystem::path folder;    // that the command makes
  std::vector<std::string> words;  // behind "danas"
  Json asked;                      // all that decides what comes out: the command's kind, its numbers, its whole config
  std::vector<size_t> needs;       // earlier steps whose results it reads
  int64_t drawn = 0;               // networks of a draw
  std::vector<std::string> found = {};  // files of a search, one for each of its budgets
};

// One arm with one seed and one budget.
struct StudyTrial {
  size_t arm = 0;
  int64_t seed = 0;
  std::optional<size_t> budget;   // of Study::budgets
  Config config;                  // of the search, or of the space and the band that random networks are drawn from
  std::optional<size_t> search;   // steps
  std::filesystem::path found;    // the search's network
  int64_t sharing = 1;            // trials whose networks that search finds
  std::vector<size_t> trainings;  // of the found or the drawn networks
  std::optional<size_t> near;     // the trial whose network's cost random ones have
};

struct StudyPlan {
  std::filesystem::path file;    // the study's
  std::vector<StudyStep> steps;  // in an order in which each comes after those it needs
  std::vector<StudyTrial> trials;
};

// `folder` is the study's, `data` what --data names (empty: as in the config). All arms of a seed come before the next
// seed's, so that a study that is stopped early has the same seeds for every arm. Throws ConfigError for settings that
// are none, with the arm's name; where two arms are alike; where no network of the space meets an arm's budget; and
// where arms cannot be compared: with a table of truth they have one space, image size and kind of cost.
StudyPlan PlanStudy(const Study& study, const std::filesystem::path& folder, const std::string& data);

// "danas search --config ...", as a shell takes it.
std::string CommandText(const StudyStep& step);

}  // namespace danas
