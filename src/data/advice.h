// What is there where no dataset is recognised, and what to do so that danas can read it: which folder to name, which
// command unpacks it, which form to bring it into.
#pragma once

#include <filesystem>
#include <string>

namespace danas {

// Sentences for the end of an error, or empty where nothing is recognised. `path` is a file or a folder; of a folder
// three levels are looked at. Throws Interrupted.
std::string AdviceFor(const std::filesystem::path& path);

}  // namespace danas
