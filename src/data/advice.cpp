#include "src/data/advice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/text_list.h"
#include "src/data/archive.h"
#include "src/data/class_folders.h"
#include "src/data/file_bytes.h"
#include "src/data/place.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr int kLevels = 3;
constexpr size_t kMostFolders = 2000;
constexpr size_t kMostEntries = 200'000;
constexpr size_t kNamesShown = 3;

// A folder below the one that was named, or that one, with what is in it.
struct SeenFolder {
  fs::path path;
  int level = 0;
  std::vector<std::string> files;
  std::vector<std::string> folders;

  int64_t Images() const {
    return std::ranges::count_if(files, [](const std::string& n) { return HasImageExtension(n); });
  }
};

bool IsFolder(const FolderEntry& entry) {
  return entry.kind == EntryKind::kFolder || entry.kind == EntryKind::kLinkToFolder;
}

// Level by level, each real folder once; what cannot be listed is left out.
std::vector<SeenFolder> LookBelow(const fs::path& top) {
  std::vector<SeenFolder> seen = {{.path = top, .files = {}, .folders = {}}};
  std::set<RealFolder> known;
  size_t entries = 0;
  for (size_t at = 0; at < seen.size() && entries < kMostEntries; ++at) {
    std::vector<FolderEntry> listed;
    try {
      listed = ListFolder(seen[at].path);
    } catch (const DataError&) {
      continue;
    }
    entries += listed.size();
    for (const FolderEntry& entry : listed) {
      (IsFolder(entry) ? seen[at].folders : seen[at].files).push_back(entry.name);
      const bool go_on = IsFolder(entry) && seen[at].level < kLevels && seen.size() < kMostFolders;
      if (go_on && known.insert(entry.folder).second) {
        seen.push_back({.path = seen[at].path / entry.name, .level = seen[at].level + 1, .files = {}, .folders = {}});
      }
    }
  }
  return seen;
}

bool IsBelow(const fs::path& path, const fs::path& folder) { return path.string().starts_with(folder.string() + "/"); }

// Datasets' roots below the folder that was named: "--data PATH".
std::string AdviceForRoots(const std::vector<SeenFolder>& seen) {
  std::vector<std::string> roots;
  for (size_t i = 1; i < seen.size(); ++i) {
    const fs::path& path = seen[i].path;
    if (std::ranges::any_of(roots, [&](const std::string& root) { return IsBelow(path, root); })) continue;
    try {
      if (OwnFormat(path) || HasTrainBelow(path)) roots.push_back(path.string());
    } catch (const DataError& error) {
      return error.what();  // a dataset that is not as danas reads it: the message says how it should be
    }
  }
  if (roots.empty()) return "";
  if (roots.size() == 1) {
    return "There is a dataset in " + roots[0] + ": give that folder (--data " + ShellWord(roots[0]) + ")";
  }
  return "There are datasets in " + FirstOf(roots, kNamesShown) + ": give one of these folders (--data " +
         ShellWord(roots[0]) + ")";
}

bool IsNamedAsTestSet(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with("val") || name.starts_with("test");
}

// A folder whose folders hold images.
std::string AdviceForClassFolders(const std::vector<SeenFolder>& seen) {
  std::map<fs::path, std::vector<std::string>> classes;  // by the folder that holds theirs
  for (const SeenFolder& folder : seen) {
    if (folder.Images() > 0) classes[folder.path.parent_path()].push_back(folder.path.filename().string());
  }
  for (const SeenFolder& folder : seen) {
    const auto found = classes.find(folder.path);
    if (found == classes.end() || IsNamedAsTestSet(folder.path)) continue;
    return folder.path.string() + " contains class folders (" + FirstOf(found->second, kNamesShown) +
           "): it is one set. Set data.train to it (--set data.train=" + ShellWord(folder.path.string()) +
           "), and data.test to the test set";
  }
  return "";
}

std::string AdviceForFlatImages(const SeenFolder& folder) {
  const int64_t images = folder.Images();
  if (images == 0) return "";
  const std::string path = folder.path.string();
  const auto first = std::ranges::find_if(folder.files, [](const std::string& n) { return HasImageExtension(n); });
  const std::string found = path + " holds " + std::to_string(images) + " images (" + *first +
                            (images > 1 ? ", ...)" : ")") + " without class folders. ";
  if (first->starts_with("ILSVRC2012_val_")) {
    return found +
           "The development kit lists their classes: `danas data manifest --devkit ILSVRC2012_devkit_t12 --data " +
           ShellWord(path) + " --out " + ShellWord(path + ".csv") + "`";
  }
  return found +
         "Put each into a folder named after its class, or list the images with their labels in a manifest "
         "(docs/data.md; for ImageNet's val see `danas data manifest --help`)";
}

struct OtherForm {
  std::vector<std::string_view> endings;
  const char* what;
  const char* advice;
};

constexpr const char* kWriteOut =
    "danas reads image files: write each image into a folder named after its class (docs/data.md, 'Other forms')";
constexpr const char* kConvert = "danas does not read these; convert them to JPEG or PNG";

const std::vector<OtherForm>& OtherForms() {
  static const std::vector<OtherForm> kForms = {
      {{".parquet", ".arrow"}, "tables as the Hugging Face Hub has them", kWriteOut},
      {{".tfrecord"}, "TFRecord files", kWriteOut},
      {{".npy", ".npz"}, "NumPy arrays", kWriteOut},
      {{".mat"}, "MATLAB arrays", kWriteOut},
      {{".h5", ".hdf5"}, "HDF5 files", kWriteOut},
      {{".pkl", ".pickle", ".pt", ".pth"}, "Python objects", kWriteOut},
      {{".beton", ".rec"}, "records of another data loader", kWriteOut},
      {{".jfif"},
       "JPEG files with another ending",
       "A manifest takes files of any name (docs/data.md); or rename them to .jpg"},
      {{".heic", ".heif", ".avif", ".jp2", ".jxl", ".dcm", ".svg", ".psd", ".tga", ".exr"}, "pictures", kConvert}};
  return kForms;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// TensorFlow's names go on behind the ending: "train.tfrecord-00000-of-00008".
bool IsOfForm(const std::string& name, const OtherForm& form) {
  const std::string lower = Lower(name);
  return std::ranges::any_of(form.endings, [&](std::string_view ending) {
    return lower.ends_with(ending) || (ending == ".tfrecord" && lower.find(".tfrecord-") != std::string::npos);
  });
}

std::string AdviceForOtherForm(const fs::path& folder, const std::vector<std::string>& files) {
  for (const OtherForm& form : OtherForms()) {
    std::vector<std::string> names;
    std::ranges::copy_if(files, std::back_inserter(names), [&](const std::string& n) { return IsOfForm(n, form); });
    if (names.empty()) continue;
    return folder.string() + " holds " + form.what + " (" + FirstOf(names, kNamesShown) + "). " + form.advice;
  }
  return "";
}

// What `git clone` leaves in the place of large files where git-lfs is not installed.
std::string AdviceForPointers(const fs::path& folder, const std::vector<std::string>& files) {
  if (files.empty() || !FirstBytes(folder / files.back(), 40).starts_with("version https://git-lfs")) return "";
  return (folder / files.back()).string() + " is only a Git LFS pointer. Fetch the files: `git -C " +
         ShellWord(folder.string()) + " lfs pull`";
}

std::string AdviceForFiles(const SeenFolder& folder) {
  for (const auto& text :
       {AdviceForPointers(folder.path, folder.files), AdviceForOtherForm(folder.path, folder.files)}) {
    if (!text.empty()) return text;
  }
  if (const auto text = AdviceForArchives(folder.path, folder.files)) return *text;
  return AdviceForFlatImages(folder);
}

}  // namespace

std::string AdviceFor(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) {
    if (const auto text = AdviceForArchive(path)) return *text;
    return AdviceForOtherForm(path.parent_path().empty() ? "." : path.parent_path(), {path.filename().string()});
  }
  const std::vector<SeenFolder> seen = LookBelow(path);
  if (std::string text = AdviceForRoots(seen); !text.empty()) return text;
  if (std::string text = AdviceForClassFolders(seen); !text.empty()) return text;
  for (const SeenFolder& folder : seen) {
    if (std::string text = AdviceForFiles(folder); !text.empty()) return text;
  }
  if (seen.front().files.empty() && seen.front().folders.empty()) return path.string() + " is empty";
  return "";
}

}  // namespace danas
