// Validate() for a config that is being written, in a file or by --set.
#pragma once

#include <string>

#include "danas/config/config.h"

namespace danas {

// As Validate(), and refuses choices in zoo.train that contradict each other, whatever recipe stands below them. What a
// run has stored is not asked: an earlier danas let them pass.
void ValidateWritten(const Config& config, const std::string& name);

}  // namespace danas
