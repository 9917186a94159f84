#include "src/data/archive.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>

#include "src/data/class_folders.h"
#include "src/data/file_bytes.h"

namespace danas {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr size_t kTarBlock = 512;
constexpr size_t kMostMembers = 8;
constexpr size_t kMostFilesLookedAt = 64;

enum class ArchiveKind { kTar, kZip, kSevenZip, kRar, kGzip, kBzip2, kXz, kZstd };

// The bytes of a file, unpacked where it is a gzip stream; it need not be whole.
class Stream {
 public:
  explicit Stream(const fs::path& path) : file_(gzopen(path.c_str(), "rb"), &gzclose) {}

  // The next block; empty at the end or where it cannot be read.
  std::string Block() {
    std::string block(kTarBlock, '\0');
    const int got = file_ ? gzread(file_.get(), block.data(), static_cast<unsigned>(block.size())) : -1;
    return got == static_cast<int>(block.size()) ? block : "";
  }
  bool Skip(int64_t bytes) { return gzseek(file_.get(), static_cast<z_off_t>(bytes), SEEK_CUR) >= 0; }

 private:
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

bool IsTarHeader(const std::string& block) { return block.size() == kTarBlock && block.compare(257, 5, "ustar") == 0; }

std::string TextAt(const std::string& block, size_t at, size_t most) {
  const std::string field = block.substr(at, most);
  return field.substr(0, field.find('\0'));
}

// Names of the first files and folders in a tar archive, packed with gzip or not.
std::vector<std::string> TarMembers(const fs::path& path) {
  constexpr int64_t kMostBytesSkipped = int64_t{64} << 20;  // of a gzip stream all of it is unpacked
  Stream stream(path);
  std::vector<std::string> names;
  int64_t skipped = 0;
  while (names.size() < kMostMembers) {
    const std::string block = stream.Block();
    if (!IsTarHeader(block)) break;
    std::string size_text = TextAt(block, 124, 12);
    size_text.erase(0, size_text.find_first_not_of(' '));
    int64_t size = 0;
    std::from_chars(size_text.data(), size_text.data() + size_text.size(), size, 8);
    const char type = block[156];
    if (type == '0' || type == '\0' || type == '5') {
      const std::string prefix = TextAt(block, 345, 155);
      std::string name = (prefix.empty() ? "" : prefix + "/") + TextAt(block, 0, 100);
      if (name.starts_with("./")) name.erase(0, 2);
      if (!name.empty()) names.push_back(std::move(name));
    }
    const int64_t padded = (size + int64_t{kTarBlock} - 1) / int64_t{kTarBlock} * int64_t{kTarBlock};
    skipped += padded;
    if (size < 0 || skipped > kMostBytesSkipped || !stream.Skip(padded)) break;
  }
  return names;
}

std::optional<ArchiveKind> KindOf(const fs::path& path) {
  const std::string head = FirstBytes(path, 8);
  const std::string name = path.filename().string();
  const bool named_tar = name.find(".tar") != std::string::npos || name.find(".tbz") != std::string::npos ||
                         name.find(".txz") != std::string::npos;
  if (head.empty()) return std::nullopt;  // a named pipe, too, which would wait for a writer
  if (head.starts_with("PK\x03\x04")) {
    // NumPy's, PyTorch's and spreadsheets' files are zip archives, but nobody unpacks them.
    return path.extension() == ".zip" || !path.has_extension() ? std::optional(ArchiveKind::kZip) : std::nullopt;
  }
  if (head.starts_with("7z\xBC\xAF")) return ArchiveKind::kSevenZip;
  if (head.starts_with("Rar!")) return ArchiveKind::kRar;
  const bool gzip = head.starts_with("\x1F\x8B");
  if ((gzip || path.extension() == ".tar") && IsTarHeader(Stream(path).Block())) return ArchiveKind::kTar;
  if (gzip) return ArchiveKind::kGzip;
  if (head.starts_with("BZh")) return named_tar ? ArchiveKind::kTar : ArchiveKind::kBzip2;
  if (head.starts_with("\xFD"
                       "7zXZ")) {
    return named_tar ? ArchiveKind::kTar : ArchiveKind::kXz;
  }
  if (head.starts_with("\x28\xB5\x2F\xFD"sv)) return named_tar ? ArchiveKind::kTar : ArchiveKind::kZstd;
  if (path.extension() == ".tar") return ArchiveKind::kTar;
  return std::nullopt;
}

const char* NameOf(ArchiveKind kind) {
  switch (kind) {
    case ArchiveKind::kTar:
      return "a tar archive";
    case ArchiveKind::kZip:
      return "a zip archive";
    case ArchiveKind::kSevenZip:
      return "a 7z archive";
    case ArchiveKind::kRar:
      return "a rar archive";
    case ArchiveKind::kGzip:
      return "compressed with gzip";
    case ArchiveKind::kBzip2:
      return "compressed with bzip2";
    case ArchiveKind::kXz:
      return "compressed with xz";
    case ArchiveKind::kZstd:
      return "compressed with zstd";
  }
  return "";
}

// "train.tar.gz" ends in ".tar.gz"; empty where the name says nothing.
std::string EndingOf(const fs::path& file) {
  const std::string name = file.filename().string();
  constexpr std::array kEndings = {".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tgz", ".tbz2",
                                   ".tbz",    ".txz",     ".tar",    ".zip",     ".7z",  ".rar"};
  for (const std::string_view ending : kEndings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return std::string(ending);
  }
  return "";
}

// Beside the archive, with the archive's name.
fs::path FolderFor(const fs::path& file) {
  const std::string ending = EndingOf(file);
  const std::string name = file.string();
  return ending.empty() ? name + "-unpacked" : name.substr(0, name.size() - ending.size());
}

// Each archive of `pattern` into a folder of its own name.
std::string UnpackEach(const fs::path& folder, const std::string& ending) {
  const std::string to = "\"${f%" + ending + "}\"";
  const std::string unpack =
      ending == ".zip" ? "unzip -q \"$f\" -d " + to : "mkdir -p " + to + " && tar -xf \"$f\" -C " + to;
  return "for f in " + ShellWord(folder.string()) + "/*" + ending + "; do " + unpack + "; done";
}

std::string UnpackOne(const fs::path& file, ArchiveKind kind, const std::vector<std::string>& members) {
  const std::string from = ShellWord(file.string());
  const fs::path folder = FolderFor(file);
  const std::string to = ShellWord(folder.string());
  switch (kind) {
    case ArchiveKind::kTar: {
      const std::string top = folder.filename().string() + "/";
      const fs::path parent = file.has_parent_path() ? file.parent_path() : ".";
      if (!members.empty() && members.front().starts_with(top)) {
        return "tar -xf " + from + " -C " + ShellWord(parent.string());
      }
      return "mkdir -p " + to + " && tar -xf " + from + " -C " + to;
    }
    case ArchiveKind::kZip:
      return "unzip -q " + from + " -d " + to;
    case ArchiveKind::kSevenZip:
      return "7z x " + from + " -o" + to;
    case ArchiveKind::kRar:
      return "unrar x " + from + " " + to + "/";
    case ArchiveKind::kGzip:
      return file.extension() == ".gz" ? "gunzip -k " + from : "gunzip -c < " + from + " > " + to;
    case ArchiveKind::kBzip2:
      return "bunzip2 -k " + from;
    case ArchiveKind::kXz:
      return "unxz -k " + from;
    case ArchiveKind::kZstd:
      return "unzstd " + from;
  }
  return "";
}

// webdataset: files of one key, a picture and its class beside it. The picture's ending; empty for other archives.
std::string ShardImageEnding(const std::vector<std::string>& members, const char* class_ending) {
  for (const std::string& member : members) {
    const fs::path path = member;
    const std::string beside = fs::path(path).replace_extension(class_ending).string();
    if (HasImageExtension(path) && std::ranges::count(members, beside) > 0) return path.extension().string();
  }
  return "";
}

bool HoldArchives(const std::vector<std::string>& members) {
  return !members.empty() &&
         std::ranges::all_of(members, [](const std::string& name) { return name.ends_with(".tar"); });
}

bool BeginsWith(const std::vector<std::string>& members, std::string_view start) {
  return !members.empty() && members.front().starts_with(start);
}

// What follows the commands, for datasets that are known by the names in their archives.
std::string NextStep(const fs::path& file, const std::vector<std::string>& members) {
  const fs::path folder = FolderFor(file);
  if (HoldArchives(members))
    return "; then unpack the archives of the classes in it: `" + UnpackEach(folder, ".tar") + "`";
  if (BeginsWith(members, "ILSVRC2012_val_")) {
    return "; then assign the images to their classes: `danas data manifest --devkit ILSVRC2012_devkit_t12 --data " +
           ShellWord(folder.string()) + " --out " + ShellWord(folder.string() + ".csv") + "`";
  }
  return "";
}

// Empty for archives that are not shards. Unpacked within their own folder they would look like classes.
std::string ShardAdvice(const fs::path& folder, const std::string& ending, const std::vector<std::string>& members) {
  const std::string kind = " in webdataset format: images, each with a file that names its class. ";
  const std::string image = ShardImageEnding(members, ".cls");
  if (image.empty()) {
    const bool json = !ShardImageEnding(members, ".json").empty() || !ShardImageEnding(members, ".txt").empty();
    return !json ? ""
                 : kind + "Unpack them elsewhere and list the images with their classes in a manifest (docs/data.md)";
  }
  const std::string name = folder.filename().string();
  const std::string files = ShellWord(name + "-files");
  return kind + "Unpack them and list the images in a manifest: `cd " + ShellWord(folder.parent_path().string()) +
         " && for f in " + ShellWord(name) + "/*" + ending + "; do d=" + files +
         "/\"${f##*/}\"; mkdir -p \"$d\" && tar -xf \"$f\" -C \"$d\"; done; (echo path,label; for c in " + files +
         "/*/*.cls; do echo \"${c%.cls}" + image + ",$(cat \"$c\")\"; done) > " + ShellWord(name + ".csv") +
         "`. Set data.train to that manifest; as train.csv in data.root it is found automatically";
}

}  // namespace

std::string ShellWord(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+,:=@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

std::optional<std::string> AdviceForArchive(const fs::path& file) {
  const std::optional<ArchiveKind> kind = KindOf(file);
  if (!kind) return std::nullopt;
  const std::vector<std::string> members = *kind == ArchiveKind::kTar ? TarMembers(file) : std::vector<std::string>();
  if (BeginsWith(members, "cifar-10-batches-py/") || BeginsWith(members, "cifar-100-python/")) {
    const std::string binary = members.front().starts_with("cifar-100") ? "cifar-100-binary" : "cifar-10-binary";
    return file.string() + " contains CIFAR as Python pickles, which danas does not read. Fetch " + binary +
           ".tar.gz, the binary version, from the same page";
  }
  const fs::path folder = fs::absolute(file).parent_path();
  if (const std::string shards = ShardAdvice(folder, EndingOf(file), members); !shards.empty()) {
    return file.string() + " is a shard" + shards;
  }
  return file.string() + " is " + NameOf(*kind) + ". Unpack it: `" + UnpackOne(file, *kind, members) + "`" +
         NextStep(file, members);
}

std::optional<std::string> AdviceForArchives(const fs::path& folder, const std::vector<std::string>& files) {
  std::vector<std::string> archives;
  size_t looked_at = 0;
  for (const std::string& name : files) {
    if (HasImageExtension(name) || ++looked_at > kMostFilesLookedAt) continue;
    if (KindOf(folder / name)) archives.push_back(name);
  }
  if (archives.empty()) return std::nullopt;
  const fs::path first = folder / archives.front();
  const std::string ending = EndingOf(first);
  const auto same = std::ranges::count_if(files, [&](const std::string& name) { return EndingOf(name) == ending; });
  const bool each_alike =
      same > 1 && !ending.empty() && KindOf(first) != ArchiveKind::kSevenZip && KindOf(first) != ArchiveKind::kRar;
  if (!each_alike) return AdviceForArchive(first);
  const std::vector<std::string> members =
      KindOf(first) == ArchiveKind::kTar ? TarMembers(first) : std::vector<std::string>();
  if (HoldArchives(members) || BeginsWith(members, "cifar-")) return AdviceForArchive(first);
  const std::string found =
      folder.string() + " holds " + std::to_string(same) + " archives (" + archives.front() + ", ...)";
  if (const std::string shards = ShardAdvice(fs::absolute(folder), ending, members); !shards.empty()) {
    return found + ", shards" + shards;
  }
  return found + ". Unpack each into a folder of its own: `" + UnpackEach(folder, ending) + "`";
}

}  // namespace danas
