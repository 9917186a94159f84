// What differs between the images that a run began with and those that are there now.
#include <algorithm>
#include <deque>
#include <map>
#include <string_view>

#include "danas/core/hash.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/data/image_listing.h"

namespace danas {
namespace {

constexpr size_t kNamesShown = 3;

// A count and the first names.
struct Names {
  int64_t count = 0;
  std::vector<std::string> first;

  void Add(const std::string& name) {
    if (++count <= static_cast<int64_t>(kNamesShown)) first.push_back(name);
  }
};

struct ClassChanges {
  Names added, removed, renamed;
  std::map<std::string, std::string> new_name;    // of the renamed
  std::map<std::string, std::string> new_folder;  // of those of them that are folders
  bool reordered = false;
};

struct ImageChanges {
  Names added, removed, altered, relabelled;
  bool reordered = false;
};

// "1.png" of "cat/1.png" in the class 'cat': what stays when the class's folder is renamed.
std::string_view NameInClass(const ListedSet& set, const ListedImage& image) {
  const std::string& id = set.classes[static_cast<size_t>(image.label)];
  const std::string_view name = image.name;
  const bool in_folder = name.size() > id.size() && name.starts_with(id) && name[id.size()] == '/';
  return in_folder ? name.substr(id.size() + 1) : name;
}

// Of a class's images, in any order: names and sizes.
struct ClassHash {
  uint64_t by_name = 0;
  uint64_t by_name_in_class = 0;
};

std::map<std::string, ClassHash> ClassHashes(const ListedSet& set) {
  std::vector<ClassHash> hash_c(set.classes.size());
  for (const ListedImage& image : set.images) {
    ClassHash& hash = hash_c[static_cast<size_t>(image.label)];
    hash.by_name += HashWords(HashText(image.name), {image.bytes});
    hash.by_name_in_class += HashWords(HashText(NameInClass(set, image)), {image.bytes});
  }
  std::map<std::string, ClassHash> hashes;
  for (size_t c = 0; c < hash_c.size(); ++c) hashes.emplace(set.classes[c], hash_c[c]);
  return hashes;
}

// A class that is gone and a new one with the same images are one class under two names.
ClassChanges CompareClasses(const ListedSet& was, const ListedSet& is) {
  ClassChanges changes;
  if (was.classes == is.classes) return changes;
  const std::map<std::string, ClassHash> before = ClassHashes(was), now = ClassHashes(is);
  std::map<std::string, ClassHash> added = now;
  for (const auto& [id, hash] : before) added.erase(id);
  for (const auto& [id, hash] : before) {
    if (now.contains(id)) continue;
    const auto same = std::ranges::find_if(added, [&](const auto& other) {
      return other.second.by_name == hash.by_name || other.second.by_name_in_class == hash.by_name_in_class;
    });
    if (same == added.end()) {
      changes.removed.Add("'" + id + "'");
      continue;
    }
    changes.renamed.Add("'" + id + "' to '" + same->first + "'");
    changes.new_name.emplace(id, same->first);
    if (same->second.by_name != hash.by_name) changes.new_folder.emplace(id, same->first);
    added.erase(same);
  }
  for (const auto& [id, hash] : added) changes.added.Add("'" + id + "'");
  changes.reordered = changes.removed.count + changes.renamed.count + changes.added.count == 0;
  return changes;
}

// An image under the name that it has where its class was renamed.
struct Named {
  std::string_view name;
  const ListedImage* image;
};

// `renamed_images` keeps the names that `set` does not have.
std::vector<Named> NamesAfter(const ListedSet& set, const std::map<std::string, std::string>& new_folder,
                              std::deque<std::string>& renamed_images) {
  std::vector<Named> named;
  named.reserve(set.images.size());
  for (const ListedImage& image : set.images) {
    const auto renamed = new_folder.find(set.classes[static_cast<size_t>(image.label)]);
    const std::string_view inner = NameInClass(set, image);
    named.push_back({.name = image.name, .image = &image});
    if (renamed == new_folder.end() || inner.size() == image.name.size()) continue;
    named.back().name = renamed_images.emplace_back(renamed->second + "/" + std::string(inner));
  }
  return named;
}

bool SameNames(const std::vector<Named>& a, const std::vector<Named>& b) {
  return std::ranges::equal(a, b, {}, &Named::name, &Named::name);
}

class ImageComparison {
 public:
  ImageComparison(const ListedSet& was, const ListedSet& is, const ClassChanges& classes)
      : was_(was), is_(is), classes_(classes) {}

  ImageChanges Compare() {
    std::deque<std::string> renamed_images;
    std::vector<Named> before = NamesAfter(was_, classes_.new_folder, renamed_images);
    std::vector<Named> now = NamesAfter(is_, {}, renamed_images);
    const bool same_order = SameNames(before, now);
    if (!same_order) {
      std::ranges::stable_sort(before, {}, &Named::name);
      std::ranges::stable_sort(now, {}, &Named::name);
    }
    for (auto a = before.begin(), b = now.begin(); a != before.end() || b != now.end();) {
      if (b == now.end() || (a != before.end() && a->name < b->name)) {
        changes_.removed.Add((a++)->image->name);
      } else if (a == before.end() || b->name < a->name) {
        changes_.added.Add((b++)->image->name);
      } else {
        ComparePair(*(a++)->image, *(b++)->image);
      }
    }
    changes_.reordered = !same_order && changes_.added.count + changes_.removed.count == 0;
    return changes_;
  }

 private:
  void ComparePair(const ListedImage& was, const ListedImage& is) {
    if (ClassBefore(was) != is_.classes[static_cast<size_t>(is.label)]) {
      changes_.relabelled.Add(is.name);
    }
    // Packed sets do not give sizes.
    const bool sizes_known = was_.format == is_.format || (was.bytes > 0 && is.bytes > 0);
    const bool contents_known = was.content != 0 && is.content != 0;
    if ((sizes_known && was.bytes != is.bytes) || (contents_known && was.content != is.content)) {
      changes_.altered.Add(is.name);
    }
  }

  const std::string& ClassBefore(const ListedImage& image) const {
    const std::string& id = was_.classes[static_cast<size_t>(image.label)];
    const auto renamed = classes_.new_name.find(id);
    return renamed == classes_.new_name.end() ? id : renamed->second;
  }

  const ListedSet& was_;
  const ListedSet& is_;
  const ClassChanges& classes_;
  ImageChanges changes_;
};

// Records of IDX files are called otherwise in the packed set that was made of them without loss.
bool SameBesidesNames(const ListedSet& was, const ListedSet& is) {
  return was.format != is.format && was.fingerprint == is.fingerprint && was.classes == is.classes &&
         std::ranges::equal(was.images, is.images, {}, &ListedImage::label, &ListedImage::label);
}

class Sentence {
 public:
  void Add(const std::string& part) { text_ += (text_.empty() ? "" : ", ") + part; }
  // "2 images added (a/1.png, a/2.png)"
  void Add(const Names& names, const char* one, const char* more, const char* what) {
    if (names.count == 0) return;
    std::string part =
        FormatThousands(names.count) + " " + (names.count == 1 ? one : more) + " " + what + " (" + Joined(names.first);
    const int64_t others = names.count - static_cast<int64_t>(names.first.size());
    if (others > 0) part += " and " + FormatThousands(others) + " more";
    Add(part + ")");
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string Differences(const ListedSet& was, const ListedSet& is) {
  const ClassChanges classes = CompareClasses(was, is);
  const ImageChanges images = ImageComparison(was, is, classes).Compare();
  if (SameBesidesNames(was, is) && images.altered.count == 0) return "";
  Sentence sentence;
  sentence.Add(classes.renamed, "class", "classes", "renamed");
  sentence.Add(classes.removed, "class", "classes", "removed");
  sentence.Add(classes.added, "class", "classes", "added");
  if (classes.reordered) sentence.Add("the classes in a different order");
  sentence.Add(images.removed, "image", "images", "removed");
  sentence.Add(images.added, "image", "images", "added");
  sentence.Add(images.altered, "image", "images", "altered");
  sentence.Add(images.relabelled, "image", "images", "relabelled");
  if (images.reordered && classes.renamed.count == 0) sentence.Add("the images in a different order");
  if (!sentence.text().empty() && was.format != is.format)
    sentence.Add("format " + was.format + " before, " + is.format + " now");
  return sentence.text();
}

std::string Differences(const std::vector<ListedSet>& was, const std::vector<ListedSet>& is) {
  std::string text;
  for (const ListedSet& now : is) {
    const auto before = std::ranges::find(was, now.role, &ListedSet::role);
    if (before == was.end()) continue;
    const std::string differences = Differences(*before, now);
    if (!differences.empty()) text += (text.empty() ? "" : "; ") + now.role + " " + now.place + ": " + differences;
  }
  return text;
}

}  // namespace danas
