// Groups of persons from easy to hard in the place of classes (schedule.difficulty): a search lets in group by group as
// it would class by class (section 4).
#pragma once

#include <memory>
#include <string>

#include "danas/config/config.h"
#include "danas/data/dataset_index.h"
#include "danas/easiness/easiness_ranking.h"
#include "danas/easiness/person_difficulty.h"

namespace danas {

struct GroupedPersons {
  // The same samples. Classes are the groups, each without the groups before; their labels are "0-25 % (error ≤
  // 0.031)".
  std::shared_ptr<const DatasetIndex> set;
  EasinessRanking ranking;  // the groups in that order, which is that of set->classes
};

// Persons are sorted by error, then by their annotation's id; schedule.reverse turns this order round. The first groups
// hold schedule.classes' fractions of the persons for the weights (SplitTrainingSet). Everybody else, of whom the
// architecture weights learn, is in the group whose errors theirs is among. Throws DataError for errors that do not fit
// the set.
GroupedPersons GroupPersons(const std::shared_ptr<const DatasetIndex>& set, const Config& config,
                            const PersonDifficulty& difficulty);

// Of a search's training set: "persons from easy to hard by FILE, for the weights and for α: 0-25 % (error ≤ 0.031): 15
// and 3; ..."; empty without schedule.difficulty.
std::string GroupsText(const std::shared_ptr<const DatasetIndex>& grouped, const Config& config);

}  // namespace danas
