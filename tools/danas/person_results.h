// What `danas evaluate` leaves of persons that it found: COCO's numbers, a result file, pictures.
#pragma once

#include <string>
#include <vector>

#include "danas/data/dataset_index.h"
#include "danas/tasks/keypoints/find_persons.h"
#include "evaluate_options.h"

namespace danas {

// Throws UsageError for an option that only key-points have.
void RequireNoPersonOptions(const EvaluateOptions& options);

// Before the work that they are to hold: makes --out's folder. Throws FileError where --results or --difficulty has no
// folder.
void PrepareOutputs(const EvaluateOptions& options);

// AP and AR as COCO reports them, with the network's own measures below.
std::string PersonsText(const EvaluationResult& result);

// --difficulty, --results and --draw: lines that say what was written where. Throws FileError, DataError for a picture
// that cannot be read.
std::vector<std::string> WritePersons(const PersonsFound& found, const DatasetIndex& test, const Config& config,
                                      const EvaluateOptions& options);

}  // namespace danas
