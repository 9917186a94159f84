// A ranking for people: tables for the terminal, and one page with tables and figures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "danas/figures/easiness_figures.h"

namespace danas {

// One network of a plan.
struct JudgeRow {
  std::string name;
  std::string what;  // "to train, 90 epochs", "trained: runs/...", "weights from ..."
  double macs = 0;
  double parameters = 0;
  std::optional<double> seconds = {};  // expected, training and judging
};

// A table of the networks, and how long it all is expected to take.
std::string EasinessPlanText(const std::string& dataset, int64_t classes, const std::vector<JudgeRow>& rows);

// The easiest and the hardest classes, at most `each` of both: rank, class, score, error (1 - top-1), images.
std::string EasinessText(const EasinessStudy& study, size_t each = 10);

// Every pair of networks with its intervals, Kendall's W, and each network's correlation of score and error.
std::string AgreementText(const Agreement& agreement);

// An HTML page that needs nothing beside itself: figures inside, no script, nothing from a network. It prints well.
std::string EasinessPage(const EasinessStudy& study, const std::vector<Figure>& figures);

}  // namespace danas
