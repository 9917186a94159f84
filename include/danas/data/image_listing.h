// What a run remembers of its images, so that resuming can tell whether they are still the same wherever they are, and
// what has changed: names, sizes, classes and hashes of contents (docs/data.md, "What a run remembers").
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "danas/data/dataset_index.h"

namespace danas {

inline constexpr const char* kListingFile = "images.list.gz";  // in the folder of a run
inline constexpr int64_t kMostContentBytes = int64_t{1} << 30;

struct ListedImage {
  std::string name;      // within the set
  int label = 0;         // position in the set's `classes`
  uint64_t bytes = 0;    // of its file or record; 0: not known
  uint64_t content = 0;  // ImageSource::ContentHash(); 0: was not read
};

struct ListedSet {
  std::string role;                  // "training set" or "test set"
  std::string place;                 // absolute path
  std::string format;                // as data.format names it
  std::string fingerprint;           // DatasetIndex::fingerprint in hexadecimal
  std::vector<std::string> classes;  // ids, in the dataset's order
  std::vector<ListedImage> images;   // in the dataset's order
};

// Reads contents up to `most_bytes`: of all images, or else of those that the hashes of their names choose, the same
// ones for the same names. What cannot be read has no hash. Throws Interrupted when that was asked for.
ListedSet ListSet(const std::string& role, const DatasetIndex& set, int64_t most_bytes = kMostContentBytes);

// How many images' contents are known.
int64_t CountContents(const ListedSet& set);

// What changed, for people: "1 class renamed ('cat' to 'cats'), 2 images added (a/8.png, a/9.png), 1 altered
// (a/1.png)". Empty where both are the same images of the same classes in the same order. What one of them does not
// know is not compared. Between two formats (class folders, and the packed set that keeps their bytes) the fingerprint
// decides where names differ.
std::string Differences(const ListedSet& was, const ListedSet& is);

// Of the sets that both have, each difference with its role and place.
std::string Differences(const std::vector<ListedSet>& was, const std::vector<ListedSet>& is);

// Writes and reads kListingFile. Throws FileError; reading also CheckpointError for what danas did not write.
void WriteListing(const std::filesystem::path& path, const std::vector<ListedSet>& sets);
std::vector<ListedSet> ReadListing(const std::filesystem::path& path);

}  // namespace danas
