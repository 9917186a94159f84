// The configs and search spaces that come with danas, found by name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace danas {

// Folders of shipped configs that exist, the first to look in first: those of the environment variable
// DANAS_CONFIG_PATH (separated by colons), share/danas/configs beside the program, the source tree's configs/, the
// place of installation. Throws ConfigError where DANAS_CONFIG_PATH names no folder.
std::vector<std::filesystem::path> ShippedFolders();

// The names, without ending, of the shipped files in a subfolder ("", "spaces", "class_names"); sorted.
std::vector<std::string> ShippedNames(const std::string& subfolder);

// The shipped file of exactly that name, without ending. Throws ConfigError where there is none.
std::filesystem::path ShippedFile(const std::string& subfolder, const std::string& name);

// `name_or_path` if it is a file, else the shipped file of that name ("imagenet_shuffle", with or without its ending
// and the folder's name in front), which the log then says. Throws ConfigError with the nearest name.
std::filesystem::path FindShippedFile(const std::string& subfolder, const std::string& name_or_path);

}  // namespace danas
