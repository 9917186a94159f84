// Class folders and the images below them, as torchvision's ImageFolder finds them through links, but each real folder
// (device and inode) once: links that form a circle end, and no image gets two labels.
#pragma once

#include <sys/types.h>

#include <compare>
#include <filesystem>
#include <string>
#include <vector>

namespace danas {

// What a folder is, whatever path leads to it.
struct RealFolder {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const RealFolder&) const = default;
};

enum class EntryKind { kFolder, kLinkToFolder, kBrokenLink, kOther };

struct FolderEntry {
  std::string name;
  EntryKind kind = EntryKind::kOther;
  RealFolder folder;  // of a folder and of a link to one
};

// What is in a folder, in bytewise order of names; names that begin with a dot are left out. Throws DataError where
// it cannot be listed, and Interrupted.
std::vector<FolderEntry> ListFolder(const std::filesystem::path& folder);

struct ClassFolder {
  std::string name;
  std::vector<std::string> images;  // relative to the set's folder, in bytewise order; broken links are among them
};

struct ClassFolders {
  std::vector<ClassFolder> classes;      // in bytewise order of their names; some may be without images
  std::vector<std::string> passed_over;  // folders that were not visited, each with the reason, as lines for people
};

// The folders in `root` are the classes; images are at any depth below them. Classes are distinguished first, then
// their own folders are visited, then what links lead to: where two paths lead to one folder, the shorter way without
// links has it. A file that links lead to under two names is two images. Throws DataError for a folder that cannot be
// listed and a broken link in `root`, which could be a class; Interrupted.
ClassFolders FindClassFolders(const std::filesystem::path& root);

// Whether `name` ends as the name of an image that danas reads.
bool HasImageExtension(const std::filesystem::path& name);

}  // namespace danas
