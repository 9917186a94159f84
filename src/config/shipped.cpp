#include "danas/config/shipped.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string_view>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kEndings = {".json", ".yaml", ".yml", ".txt"};

bool IsFile(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable) && !fs::is_directory(path, unreadable);
}

bool IsFolder(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(path, unreadable);
}

void AddFoldersOfEnvironment(std::vector<fs::path>& folders) {
  const char* variable = std::getenv("DANAS_CONFIG_PATH");
  if (variable == nullptr) return;
  std::istringstream list(variable);
  for (std::string folder; std::getline(list, folder, ':');) {
    if (folder.empty()) continue;
    if (!IsFolder(folder)) throw ConfigError("DANAS_CONFIG_PATH: '" + folder + "' is not a folder");
    folders.push_back(folder);
  }
}

// "configs/imagenet_shuffle.json" -> "imagenet_shuffle.json"
std::string WithoutFolder(const std::string& subfolder, std::string name) {
  for (const std::string& prefix : {std::string("configs/"), subfolder + "/"}) {
    if (name.starts_with(prefix)) name = name.substr(prefix.size());
  }
  return name;
}

[[noreturn]] void FailUnknown(const std::string& subfolder, const std::string& name) {
  std::error_code error;
  static_cast<void>(fs::status(name, error));
  if (error == std::errc::permission_denied) throw FileError("cannot read " + name + ": " + error.message());
  const std::vector<std::string> names = ShippedNames(subfolder);
  const std::string nearest = NearestName(fs::path(WithoutFolder(subfolder, name)).stem().string(), names);
  const std::string message = "'" + name + "' is neither a file nor a shipped name";
  if (!nearest.empty()) throw ConfigError(message + "; did you mean '" + nearest + "'?");
  throw ConfigError(message + "; shipped names: " + Joined(names));
}

}  // namespace

std::vector<fs::path> ShippedFolders() {
  std::vector<fs::path> folders;
  AddFoldersOfEnvironment(folders);
  std::error_code unreadable;
  const fs::path program = fs::read_symlink("/proc/self/exe", unreadable).parent_path();
  // bin/danas, and lib/danas for the programs that it starts; then what CMake knew.
  for (const fs::path& folder : {program / "../share/danas/configs", program / "../../share/danas/configs",
                                 fs::path(DANAS_SOURCE_CONFIGS), fs::path(DANAS_INSTALLED_CONFIGS)}) {
    if (IsFolder(folder)) folders.push_back(folder.lexically_normal());
  }
  return folders;
}

std::vector<std::string> ShippedNames(const std::string& subfolder) {
  std::set<std::string> names;
  for (const fs::path& folder : ShippedFolders()) {
    if (!IsFolder(folder / subfolder)) continue;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / subfolder)) {
      const std::string ending = entry.path().extension().string();
      const bool known = std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
      if (known && entry.path().filename() != "schema.json") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

fs::path FindShippedFile(const std::string& subfolder, const std::string& name_or_path) {
  if (IsFile(name_or_path)) return name_or_path;
  const std::string name = WithoutFolder(subfolder, name_or_path);
  for (const fs::path& folder : ShippedFolders()) {
    std::vector<std::string> files = {name};
    for (const std::string_view ending : kEndings) files.push_back(name + std::string(ending));
    for (const std::string& file : files) {
      fs::path path = folder / subfolder / file;
      if (name.empty() || !IsFile(path)) continue;
      log::info("'{}' is not a file here; using the shipped {}", name_or_path, path.string());
      return path;
    }
  }
  FailUnknown(subfolder, name_or_path);
}

fs::path ShippedFile(const std::string& subfolder, const std::string& name) {
  for (const fs::path& folder : ShippedFolders()) {
    for (const std::string_view ending : kEndings) {
      fs::path path = folder / subfolder / (name + std::string(ending));
      if (IsFile(path)) return path;
    }
  }
  FailUnknown(subfolder, name);
}

}  // namespace danas
