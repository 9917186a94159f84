// A trained or found network's config and dataset, as finetune and evaluate read them.
#pragma once

#include "command_line.h"
#include "danas/arch/genotype.h"
#include "danas/config/config.h"

namespace danas {

// The config of --config; else that of the search that found the network; with the line's assignments. Throws UsageError
// where neither is there.
Config ConfigOfNetwork(const Genotype& genotype, const CommandLine& line);

}  // namespace danas
