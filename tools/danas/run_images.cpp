#include "run_images.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "danas/arch/genotype.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/core/text_list.h"
#include "danas/events/ranking_events.h"
#include "danas/events/run_log.h"
#include "danas/events/search_events.h"
#include "danas/events/training_events.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTrainingSet = "training set";
constexpr const char* kTestSet = "test set";

// A hash of what must be the same on every rank.
std::string IdentityOf(const DatasetIndex& set) {
  std::string classes;
  for (const std::string& id : set.classes.ids) classes += id + "\n";
  return HexText(HashWords(set.fingerprint, {HashText(classes), static_cast<uint64_t>(set.size())}));
}

// What a run records of its images besides a list of them.
struct OldRecord {
  bool begun = false;
  std::string place;        // of the training set, as it was named
  std::string fingerprint;  // of the training set
  std::vector<std::string> classes;
  std::optional<int64_t> test_images;
};

// Of the first event of its kind; false if there is none.
template <typename T, typename Take>
bool TakeFirst(const std::vector<events::LogLine>& log, const Take& take) {
  const auto found = std::ranges::find_if(log, [](const events::LogLine& line) { return events::Is<T>(line.event); });
  if (found == log.end()) return false;
  take(events::Read<T>(found->event).value);
  return true;
}

// A search's own start before that of the ranking which it may have begun with.
OldRecord ReadOldRecord(const fs::path& run) {
  OldRecord record;
  if (!fs::exists(run / kLogFile)) return record;
  const std::vector<events::LogLine> log = events::ParseLog(ReadFile(run / kLogFile));
  record.begun = TakeFirst<events::SearchStart>(log,
                                                [&](const events::SearchStart& start) {
                                                  record.place = start.dataset;
                                                  record.fingerprint = start.fingerprint;
                                                  record.classes = start.class_order;
                                                }) ||
                 TakeFirst<events::TrainingStart>(log,
                                                  [&](const events::TrainingStart& start) {
                                                    record.fingerprint = start.fingerprint.value_or("");
                                                    record.test_images = start.test_images;
                                                    record.classes = start.class_ids.value_or(record.classes);
                                                  }) ||
                 TakeFirst<events::EasinessStart>(log, [&](const events::EasinessStart& start) {
                   record.place = start.dataset;
                   record.fingerprint = start.fingerprint;
                 });
  if (record.begun && record.classes.empty() && fs::exists(run / "network.json")) {
    record.classes = ReadGenotype(run / "network.json").class_ids;
  }
  return record;
}

// "classes removed: 'a'; classes added: 'b'"
std::string ClassDifferences(std::vector<std::string> was, std::vector<std::string> is) {
  std::ranges::sort(was);
  std::ranges::sort(is);
  std::vector<std::string> removed, added;
  std::ranges::set_difference(was, is, std::back_inserter(removed));
  std::ranges::set_difference(is, was, std::back_inserter(added));
  constexpr size_t kShown = 3;
  std::string text;
  if (!removed.empty()) text += "classes removed: " + FirstQuotedOf(removed, kShown);
  if (!added.empty()) text += (text.empty() ? "" : "; ") + ("classes added: " + FirstQuotedOf(added, kShown));
  return text;
}

std::string DifferencesFromOld(const OldRecord& was, const std::vector<ListedSet>& now) {
  std::string text;
  for (const ListedSet& set : now) {
    const bool training = set.role == kTrainingSet;
    std::string differences;
    if (training && !was.classes.empty()) differences = ClassDifferences(was.classes, set.classes);
    if (training && !was.fingerprint.empty() && was.fingerprint != set.fingerprint) {
      differences += (differences.empty() ? "" : "; ") +
                     ("fingerprint " + was.fingerprint + " before, " + set.fingerprint) +
                     " now (an older danas started this run and kept no list of its images)";
    }
    const auto images = static_cast<int64_t>(set.images.size());
    if (!training && was.test_images && *was.test_images != images) {
      differences = std::to_string(*was.test_images) + " images before, " + std::to_string(images) + " now";
    }
    if (!differences.empty()) text += (text.empty() ? "" : "; ") + set.role + " " + set.place + ": " + differences;
  }
  return text;
}

[[noreturn]] void FailChanged(const fs::path& run, const std::string& differences) {
  throw DataError(run.string() + " cannot be resumed: its images have changed since it started. " + differences +
                  ". Restore them, give the location of an unchanged copy with --data, or start a new run with --run");
}

// ". The run started with the training set /data/train"
std::string StartedWith(const fs::path& run) {
  std::string text;
  if (!fs::exists(run / kListingFile)) return text;
  for (const ListedSet& set : ReadListing(run / kListingFile)) {
    text += (text.empty() ? ". The run started with the " : " and the ") + set.role + " " + set.place;
  }
  return text;
}

Event MovedEvent(const ListedSet& set, const std::string& from, int64_t contents) {
  return events::ToEvent(events::DataMoved{
      .set = set.role, .from = from, .to = set.place, .images = std::ssize(set.images), .contents = contents});
}

std::vector<ListedSet> ReadListOf(const fs::path& run) {
  try {
    return ReadListing(run / kListingFile);
  } catch (const CheckpointError& error) {
    throw CheckpointError(std::string(error.what()) +
                          ". Restore a copy of this file; without it, only the classes and the fingerprint in the "
                          "run's log are compared");
  }
}

std::vector<Event> CompareWithList(const fs::path& run, const std::vector<ListedSet>& now) {
  const std::vector<ListedSet> was = ReadListOf(run);
  const std::string differences = Differences(was, now);
  if (!differences.empty()) FailChanged(run, differences);
  std::vector<Event> moved;
  for (const ListedSet& set : now) {
    const auto before = std::ranges::find(was, set.role, &ListedSet::role);
    if (before == was.end() || before->place == set.place) continue;
    moved.push_back(MovedEvent(set, before->place, std::min(CountContents(*before), CountContents(set))));
  }
  return moved;
}

std::vector<Event> CompareWithOldRecord(const fs::path& run, const std::vector<ListedSet>& now) {
  const OldRecord was = ReadOldRecord(run);
  const std::string differences = DifferencesFromOld(was, now);
  if (!differences.empty()) FailChanged(run, differences);
  if (!was.begun) return {};
  log::info(
      "{} has no list of its images, because an older danas started it: only the contents of its log and network.json "
      "were compared",
      run.string());
  const ListedSet& train = now.front();
  if (was.place.empty() || fs::absolute(was.place).lexically_normal() == train.place) return {};
  return {MovedEvent(train, was.place, 0)};
}

}  // namespace

std::vector<ListedSet> ListImages(const DatasetIndex& train, const DatasetIndex* test) {
  std::vector<ListedSet> sets = {ListSet(kTrainingSet, train)};
  if (test != nullptr) sets.push_back(ListSet(kTestSet, *test));
  return sets;
}

RunImages ListRunImages(const Ranks& ranks, const DatasetIndex& train, const DatasetIndex* test) {
  RunImages images;
  const std::string own = IdentityOf(train) + (test == nullptr ? "" : IdentityOf(*test));
  const std::string first = ranks.FromFirst([&] {
    images = std::make_shared<const std::vector<ListedSet>>(ListImages(train, test));
    return own;
  });
  if (own != first) {
    throw DataError(train.name +
                    ": this rank finds different images or classes than rank 0. Give every machine the same data");
  }
  return images;
}

void KeepImages(const RunFolder* folder, RunImages images) {
  if (folder != nullptr && images) WriteListing(*folder / kListingFile, *images);
}

void RequireDataThere(const fs::path& run, const DataConfig& data, bool with_test) {
  const bool uses_root = data.train.empty() || (with_test && data.test.empty());
  const struct {
    const char* key;
    const std::string& path;
    bool used;
    const char* option;
  } places[] = {{"data.root", data.root, uses_root, "--data PLACE"},
                {"data.train", data.train, true, "--set data.train=PLACE"},
                {"data.test", data.test, with_test, "--set data.test=PLACE"}};
  for (const auto& [key, path, used, option] : places) {
    if (!used || path.empty() || fs::exists(path)) continue;
    throw DataError(std::string(key) + ": there is no " + path + StartedWith(run) +
                    ". If the images have moved, give their new location: --resume " + run.string() + " " + option);
  }
}

std::vector<Event> RequireSameImages(const fs::path& run, const std::vector<ListedSet>& now) {
  return fs::exists(run / kListingFile) ? CompareWithList(run, now) : CompareWithOldRecord(run, now);
}

ResumedImages CompareRunImages(const Ranks& ranks, const fs::path& run, const RunFolder* folder,
                               const DatasetIndex& train, const DatasetIndex* test) {
  ResumedImages resumed{.images = ListRunImages(ranks, train, test), .moved = {}};
  ranks.FromFirst([&] {
    resumed.moved = RequireSameImages(run, *resumed.images);
    if (!fs::exists(run / kListingFile)) KeepImages(folder, resumed.images);
    return std::string();
  });
  return resumed;
}

ResumedDataset ReopenDataset(const Ranks& ranks, const fs::path& run, const RunFolder* folder, const DataConfig& data) {
  RequireDataThere(run, data, /*with_test=*/true);
  Dataset dataset = OpenBothSets(data);
  ResumedImages resumed = CompareRunImages(ranks, run, folder, dataset.train, &dataset.test);
  RequireSameClasses(dataset.train, dataset.test);
  return {.dataset = std::move(dataset), .images = std::move(resumed.images), .moved = std::move(resumed.moved)};
}

}  // namespace danas
