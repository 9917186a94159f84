// Whether a run that goes on finds the images that it began with (data/image_listing.h), wherever they lie now.
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

// The same on the first of several ranks. Throws DataError where a rank finds others than the first.
RunImages ListRunImages(const Ranks& ranks, const DatasetIndex& train, const DatasetIndex* test);

// For a run that begins, and for one that an older danas began. Give the list away: that of a million images is large.
void KeepImages(const RunFolder* folder, RunImages images);

// Of a run in `run` that is to go on: throws DataError for a place that data.root, data.train or data.test names and
// where nothing is, with what to do. `with_test`: the test set is used too.
void RequireDataThere(const std::filesystem::path& run, const DataConfig& data, bool with_test);

// Throws DataError with what changed, where these are not the images that the run began with. Runs of an older danas
// have their classes and their training set's fingerprint compared. Returns an events::DataMoved for each set that
// is stored elsewhere.
std::vector<Event> RequireSameImages(const std::filesystem::path& run, const std::vector<ListedSet>& now);

// ListRunImages(), RequireSameImages() on the first rank, and KeepImages() where the run has no list yet.
struct ResumedImages {
  RunImages images;
  std::vector<Event> moved;
};
ResumedImages CompareRunImages(const Ranks& ranks, const std::filesystem::path& run, const RunFolder* folder,
                               const DatasetIndex& train, const DatasetIndex* test);

// OpenDataset() for a run that goes on: what changed since it began is told before what does not fit together.
struct ResumedDataset {
  Dataset dataset;
  RunImages images;
  std::vector<Event> moved;
};
ResumedDataset ReopenDataset(const Ranks& ranks, const std::filesystem::path& run, const RunFolder* folder,
                             const DataConfig& data);

}  // namespace danas
