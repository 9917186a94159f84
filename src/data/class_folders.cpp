#include "src/data/class_folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "src/data/file_bytes.h"
#include "src/data/long_path.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void FailToList(const fs::path& folder, int error) {
  throw DataError(folder.string() + ": cannot be listed: " + std::strerror(error));
}

RealFolder RealFolderOf(const struct stat& status) { return {status.st_dev, status.st_ino}; }

// `name` in the open folder at `path`; nothing where it went away meanwhile.
std::optional<FolderEntry> Look(int folder, const std::string& name, const fs::path& path) {
  struct stat status {};
  if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) FailToList(path / name, errno);
    return std::nullopt;
  }
  if (S_ISDIR(status.st_mode)) {
    return FolderEntry{.name = name, .kind = EntryKind::kFolder, .folder = RealFolderOf(status)};
  }
  if (!S_ISLNK(status.st_mode)) return FolderEntry{.name = name, .folder = {}};
  if (fstatat(folder, name.c_str(), &status, 0) != 0)
    return FolderEntry{.name = name, .kind = EntryKind::kBrokenLink, .folder = {}};
  if (!S_ISDIR(status.st_mode)) return FolderEntry{.name = name, .folder = {}};
  return FolderEntry{.name = name, .kind = EntryKind::kLinkToFolder, .folder = RealFolderOf(status)};
}

// Whether `folder`, or a folder that really holds it, is `real`.
bool IsOrLiesIn(const fs::path& folder, const RealFolder& real) {
  int at = OpenPath(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  std::optional<RealFolder> last;
  bool found = false;
  struct stat status {};
  while (at >= 0 && fstat(at, &status) == 0 && last != RealFolderOf(status)) {  // the uppermost holds itself
    last = RealFolderOf(status);
    found = last == real;
    if (found) break;
    const int above = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = above;
  }
  if (at >= 0) close(at);
  return found;
}

class Walk {
 public:
  explicit Walk(fs::path root) : root_(std::move(root)) {}

  ClassFolders Run() {
    FindClasses();
    for (ClassFolder& each : found_.classes) Visit(each.name, each);
    while (!links_.empty()) {
      std::vector<Link> links = std::move(links_);
      links_.clear();
      std::ranges::sort(links, {}, &Link::path);
      for (const Link& link : links) {
        if (Claim(link.path, link.target, true)) Visit(link.path, *link.owner);
      }
    }
    for (ClassFolder& each : found_.classes) std::ranges::sort(each.images);
    return std::move(found_);
  }

 private:
  struct Link {
    std::string path;  // relative to the root
    RealFolder target;
    ClassFolder* owner = nullptr;
  };

  void FindClasses() {
    struct stat status {};
    if (StatPath(root_, status) != 0) FailToReach(root_, errno);
    visited_.emplace(RealFolderOf(status), root_.string());
    const std::vector<FolderEntry> entries = ListFolder(root_);
    for (const EntryKind kind : {EntryKind::kFolder, EntryKind::kLinkToFolder}) {
      for (const FolderEntry& entry : entries) {
        if (entry.kind == EntryKind::kBrokenLink) RefuseBrokenClass(root_ / entry.name);
        if (entry.kind != kind || !Claim(entry.name, entry.folder, kind == EntryKind::kLinkToFolder)) continue;
        found_.classes.push_back({.name = entry.name, .images = {}});
      }
    }
    std::ranges::sort(found_.classes, {}, &ClassFolder::name);
  }

  [[noreturn]] static void RefuseBrokenClass(const fs::path& link) {
    throw DataError(link.string() + ": a link to " + LinkTarget(link) +
                    ", which cannot be reached. Fix the link: it may lead to a class");
  }

  // The images of a folder and of the real folders below it; links to further folders wait in links_.
  void Visit(const std::string& start, ClassFolder& owner) {
    std::vector<std::string> waiting = {start};
    while (!waiting.empty()) {
      const std::string folder = std::move(waiting.back());
      waiting.pop_back();
      for (const FolderEntry& entry : ListFolder(root_ / folder)) {
        std::string path = folder + "/" + entry.name;
        if (entry.kind == EntryKind::kFolder) {
          if (Claim(path, entry.folder, false)) waiting.push_back(std::move(path));
        } else if (entry.kind == EntryKind::kLinkToFolder) {
          links_.push_back({.path = std::move(path), .target = entry.folder, .owner = &owner});
        } else if (entry.kind == EntryKind::kBrokenLink || HasImageExtension(entry.name)) {
          owner.images.push_back(std::move(path));
        }
      }
    }
  }

  // Whether the folder at `path` is to be visited; else the reason is noted.
  bool Claim(const std::string& path, const RealFolder& folder, bool is_link) {
    const fs::path full = root_ / path;
    const std::string what = full.string() + (is_link ? ": a link to " + LinkTarget(full) : "");
    const auto [known, is_new] = visited_.emplace(folder, full.string());
    if (is_link && IsOrLiesIn(full.parent_path(), folder)) {
      if (is_new) visited_.erase(known);
      found_.passed_over.push_back(what + " is skipped: it leads back to a folder that contains the link");
      return false;
    }
    if (!is_new) {
      found_.passed_over.push_back(what + " is skipped: it is the same folder as " + known->second +
                                   ", which has been read already");
    }
    return is_new;
  }

  fs::path root_;
  ClassFolders found_;
  std::map<RealFolder, std::string> visited_;  // with the path that each was found by
  std::vector<Link> links_;
};

}  // namespace

std::vector<FolderEntry> ListFolder(const fs::path& folder) {
  const int descriptor = OpenPath(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) FailToList(folder, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(descriptor), closedir);
  if (!stream) {
    const int error = errno;
    close(descriptor);
    FailToList(folder, error);
  }
  std::vector<FolderEntry> entries;
  for (;;) {
    ThrowIfInterrupted();
    errno = 0;
    const dirent* const entry = readdir(stream.get());
    if (entry == nullptr && errno != 0) FailToList(folder, errno);
    if (entry == nullptr) break;
    std::string name = static_cast<const char*>(entry->d_name);
    if (name.starts_with('.')) continue;
    const bool may_be_folder = entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
    if (!may_be_folder) {
      entries.push_back({.name = std::move(name), .folder = {}});
    } else if (std::optional<FolderEntry> seen = Look(descriptor, name, folder)) {
      entries.push_back(std::move(*seen));
    }
  }
  std::ranges::sort(entries, {}, &FolderEntry::name);
  return entries;
}

ClassFolders FindClassFolders(const fs::path& root) { return Walk(root).Run(); }

bool HasImageExtension(const fs::path& name) {
  std::string extension = name.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array kExtensions = {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp",
                                      ".ppm", ".pgm",  ".pbm", ".gif", ".tif",  ".tiff"};
  return std::ranges::find(kExtensions, extension) != kExtensions.end();
}

}  // namespace danas
