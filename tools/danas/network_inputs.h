// A trained or found network's config and dataset, as finetune and evaluate read them.
#pragma once

#include <string>

#include "danas/arch/genotype.h"
#include "danas/config/config.h"
#include "danas/data/dataset_index.h"
#include "option_groups.h"

namespace danas {

// The config of --config; else that of the search that found the network, which was read from the file `arch`; with the
// line's assignments. Throws UsageError if there is neither.
Config ConfigOfNetwork(const Genotype& genotype, const std::string& arch, const ConfigOptions& options);

// The classes that the classifier's rows stand for must be the dataset's, in its order; DataError where they are
// others. `arch`: the network's file.
void RequireClasses(const Genotype& genotype, const ClassList& classes, const std::string& arch);

}  // namespace danas
