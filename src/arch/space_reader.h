// A space anywhere in a document, for the files that hold one.
#pragma once

#include "danas/arch/space_file.h"
#include "danas/config/document.h"

namespace danas {

// `skeleton` chooses where the space defines several; "": the first. `input` {0, 0} and `classes` 0: as written.
LoadedSpace ReadSpace(const Node& node, const std::string& skeleton, Size input, int classes);

// Throws ConfigError where candidates were dropped: danas writes no file with candidates that cannot be used.
void RejectNotes(const Node& node, const LoadedSpace& loaded);

// Throws ConfigError for a version newer than `known`.
void CheckFormatVersion(const Node& node, int known);

}  // namespace danas
