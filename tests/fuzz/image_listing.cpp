// images.list.gz of a run's folder, unpacked: zlib reads what is no gzip stream as it is.
#include "danas/data/image_listing.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const std::filesystem::path file = folder.Write(kListingFile, fuzz::Text(data, size));
  std::vector<ListedSet> sets;
  if (!fuzz::Accepts([&] { sets = ReadListing(file); })) return 0;
  const std::filesystem::path copy = folder.path() / "written.gz";
  WriteListing(copy, sets);
  const std::vector<ListedSet> again = ReadListing(copy);
  fuzz::Require(again.size() == sets.size(), "as many sets are read as were written");
  for (size_t i = 0; i < sets.size(); ++i) {
    fuzz::Require(Differences(sets[i], again[i]).empty(), "the same images are read as were written");
  }
  return 0;
}
