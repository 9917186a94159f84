// A study file: experiments as data (docs/studies.md). Arms are changes of one config; each runs for every seed, and
// for every budget where the file names some.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace danas {

// "section.key=value", as --set takes them. A text may hold ${NAME} of a shared step, or ${study}: their folders.
using Settings = std::vector<std::string>;

// Whether one of them is of this key, or where it ends with '.' of this section.
bool Sets(const Settings& settings, const std::string& key);

struct StudyArm {
  std::string name;
  Settings settings;
  int64_t random = 0;       // 0: a search; else the best of so many networks drawn at random
  std::string near;         // of random: the arm whose found network's cost they have; empty: the budget's band
  double band_percent = 5;  // of near, either way
  bool one_search = false;  // one search with all of the study's budgets (search.budgets), not one for each
  int64_t images = 0;       // of its training set, where that is not StudyCost's
};

// What several steps use: the ranking of a `danas easiness`.
struct SharedStep {
  std::string name;
  Settings settings;
};

struct StudyBudget {
  std::string text;  // as written: "0.4M"
  double value = 0;  // in the unit of search.cost
};

// How good a network is: by a table of trained networks, or by a training of its own.
struct StudyOutcome {
  std::filesystem::path truth;  // empty: networks are trained
  Settings settings;            // of that training
};

// What --dry-run's costs are counted with, so that they need no dataset.
struct StudyCost {
  int64_t images = 0;           // of the training set that is searched on
  int64_t training_images = 0;  // of the one that networks are trained on
  std::string device;           // "V100": in whose hours
  int64_t devices = 1;          // of them, at once
  double macs_per_second = 0;   // multiply-accumulates, forward and backward, of one; 0: hours are not told
};

struct Study {
  std::filesystem::path file;
  std::string name;
  std::string about;  // one line for the report
  std::filesystem::path config;
  Settings settings;
  std::vector<int64_t> seeds;
  std::vector<StudyBudget> budgets;  // empty: that of the config alone
  std::vector<SharedStep> prepare;
  std::vector<StudyArm> arms;
  StudyOutcome outcome;
  size_t against = 0;  // of arms
  std::optional<StudyCost> cost;
};

// `name_or_path` is a file or one of configs/studies. Config and table are looked for beside the file first. Throws
// ConfigError with file, line and key for what is not a study, FileError where a file cannot be read.
Study ReadStudy(const std::string& name_or_path);

// `text` with the folders of ${NAME}: the study's own, and of shared steps those in it.
std::string Expanded(std::string text, const std::filesystem::path& study_folder);

// prepare/NAME in the study's folder.
std::filesystem::path FolderOfShared(const std::filesystem::path& study_folder, const std::string& name);

}  // namespace danas
