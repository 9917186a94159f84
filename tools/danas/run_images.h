// Whether a resumed run finds the images that it started with (data/image_listing.h), wherever they are stored now.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "danas/config/config.h"
#include "danas/core/run_folder.h"
#include "danas/data/image_listing.h"
#include "danas/events/event.h"
#include "danas/run/ranks.h"

namespace danas {

// Null on all ranks but the first.
using RunImages = std::shared_ptr<const std::vector<ListedSet>>;

// The images that a run uses; `test` may be null.
std::vector<ListedSet> ListImages(const DatasetIndex& train, const DatasetIndex* test);

// The same on the first of several ranks. Throws DataError if a rank finds different ones than the first.
RunImages ListRunImages(const Ranks& ranks, const DatasetIndex& train, const DatasetIndex* test);

// For a new run, and for one that an older danas started. Move the list in: that of a million images is large.
void KeepImages(const RunFolder* folder, RunImages images);

// For a resumed run in `run`: throws DataError, with advice, if data.root, data.train or data.test names a path that
// does not exist. `with_test`: the test set is used too.
void RequireDataThere(const std::filesystem::path& run, const DataConfig& data, bool with_test);

// Throws DataError with what changed if these are not the images that the run started with. For runs of an older danas,
// the classes and the training set's fingerprint are compared. Returns an events::DataMoved for each set that is stored
// elsewhere.
std::vector<Event> RequireSameImages(const std::filesystem::path& run, const std::vector<ListedSet>& now);

// ListRunImages(), RequireSameImages() on the first rank, and KeepImages() if the run has no list yet.
struct ResumedImages {
  RunImages images;
  std::vector<Event> moved;
};
ResumedImages CompareRunImages(const Ranks& ranks, const std::filesystem::path& run, const RunFolder* folder,
                               const DatasetIndex& train, const DatasetIndex* test);

// OpenDataset() for a resumed run: changes since it started are reported before inconsistencies of the dataset.
struct ResumedDataset {
  Dataset dataset;
  RunImages images;
  std::vector<Event> moved;
};
ResumedDataset ReopenDataset(const Ranks& ranks, const std::filesystem::path& run, const RunFolder* folder,
                             const DataConfig& data);

}  // namespace danas
