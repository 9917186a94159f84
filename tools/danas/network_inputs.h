// A trained or found network's config and dataset, as finetune and evaluate read them.
#pragma once

#include <string>

#include "danas/arch/genotype.h"
#include "danas/config/config.h"
#include "option_groups.h"

namespace danas {

// The config of --config; else that of the search that found the network, which was read from the file `arch`; with the
// line's assignments. Throws UsageError if there is neither.
Config ConfigOfNetwork(const Genotype& genotype, const std::string& arch, const ConfigOptions& options);

}  // namespace danas
