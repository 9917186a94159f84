// Archives that datasets come in: what each holds, and the commands that unpack it. Nothing is unpacked here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace danas {

// What to do with a file that is an archive, by its first bytes: "train.tar is a tar archive. Unpack it: `...`".
// Nothing where it is none.
std::optional<std::string> AdviceForArchive(const std::filesystem::path& file);

// The same for the archives of one folder, in order of their names; `files` may hold others.
std::optional<std::string> AdviceForArchives(const std::filesystem::path& folder,
                                             const std::vector<std::string>& files);

// `text` as one word of a shell's command line.
std::string ShellWord(const std::string& text);

}  // namespace danas
