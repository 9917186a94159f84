// danas data pack: a dataset as LMDB databases, one for each of its sets.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/data/pack.h"
#include "data_options.h"
#include "image_progress.h"
#include "inputs.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBadFiles = "bad_files.txt";

PackOptions OptionsOf(const DataPackOptions& options) {
  return {.keep_bytes = options.keep_bytes,
          .resize_short = options.resize_short,
          .quality = options.quality,
          .threads = ThreadsFor(options.threads)};
}

// A folder within the images would become a class of theirs.
void CheckIsOutside(const fs::path& out, const std::vector<NamedSet>& sets) {
  const std::string inner = fs::weakly_canonical(out).string() + "/";
  for (const NamedSet& set : sets) {
    if (set.set.format != DataFormat::kFolder) continue;
    if (inner.starts_with(fs::weakly_canonical(set.set.name).string() + "/")) {
      throw UsageError(out.string() + " is inside " + set.set.name + "; choose a folder outside the images");
    }
  }
}

// Anything else in the folder would be taken for a part of the packed dataset, or hide one.
void CheckHoldsNothingElse(const fs::path& out, const std::vector<NamedSet>& sets) {
  if (sets.size() == 1 && sets.front().name.empty()) return;  // PackDataset sees to it
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(out, none)) {
    const std::string name = entry.path().filename().string();
    if (std::ranges::any_of(sets, [&](const NamedSet& set) { return set.name == name; })) continue;
    throw FileError(out.string() + " contains other files (" + name + "); choose a new folder for the packed images");
  }
}

Json PackOne(const NamedSet& set, const fs::path& folder, const DataPackOptions& options) {
  if (set.set.bad) set.set.bad->ListIn(folder / kBadFiles);
  const PackOutcome outcome =
      PackDataset(set.set, folder, OptionsOf(options), ImageProgress(folder.string(), ImagesToPack(set.set)));
  if (outcome.was_finished) log::info("{}: already packed; left unchanged", folder.string());
  return {{"set", set.name},          {"folder", folder.string()},
          {"images", outcome.images}, {"left_out", outcome.left_out},
          {"bytes", outcome.bytes},   {"was_finished", outcome.was_finished}};
}

void Print(const Json& packed) {
  std::cout << packed.at("folder").get<std::string>() << ": " << FormatThousands(packed.at("images").get<int64_t>())
            << " images, " << FormatBytes(packed.at("bytes").get<double>());
  if (const auto left_out = packed.at("left_out").get<int64_t>(); left_out > 0) {
    std::cout << ", " << FormatThousands(left_out) << " bad images skipped (" << kBadFiles << ")";
  }
  std::cout << (packed.at("was_finished").get<bool>() ? ", already packed\n" : "\n");
}

}  // namespace

int RunCommand(const DataPackOptions& options, const Call&) {
  DataConfig config = ReadConfig(options.config).data;
  if (options.skip_bad) config.on_error = OnBadImage::kSkip;
  const fs::path out = options.out;
  std::vector<NamedSet> sets = OpenSetsAt(options.in, config);
  CheckIsOutside(out, sets);
  CheckHoldsNothingElse(out, sets);
  // The training set last: without it `out` is not a dataset.
  std::ranges::reverse(sets);
  Json results = Json::array();
  for (const NamedSet& set : sets) {
    results.push_back(PackOne(set, set.name.empty() ? out : out / set.name, options));
    if (!options.json) Print(results.back());
  }
  if (options.json) std::cout << JsonText(results, 2) << "\n";
  return 0;
}

}  // namespace danas
