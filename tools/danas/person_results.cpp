#include "person_results.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/easiness/person_difficulty.h"
#include "danas/report/text_table.h"
#include "danas/tasks/keypoints/coco_results.h"
#include "danas/tasks/keypoints/person_errors.h"
#include "danas/tasks/keypoints/person_pictures.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

std::string Hundredths(double share) { return share < 0 ? "none" : FormatDecimals(100 * share, 1); }

fs::path PicturesFolder(const EvaluateOptions& options) { return options.out.empty() ? "pictures" : options.out; }

std::string WritePictures(const std::vector<TestPicture>& pictures, const fs::path& folder) {
  for (const TestPicture& picture : pictures) WritePicture(picture, folder);
  const auto count = std::ssize(pictures);
  return folder.string() + ": " + FormatThousands(count) + (count == 1 ? " picture" : " pictures");
}

// Persons who could not be judged are the hardest: a search cannot read their pictures either.
std::string WriteDifficulty(const PersonsFound& found, const DatasetIndex& set, const Config& config,
                            const EvaluateOptions& options) {
  PersonDifficulty difficulty{.source = options.difficulty, .fingerprint = HexText(set.fingerprint), .persons = {}};
  std::vector<double> errors;
  int64_t unread = 0;
  for (const std::optional<double>& error : PersonErrors(found, set, config.keypoints)) {
    errors.push_back(error.value_or(1));
    difficulty.persons.push_back({.id = set.persons->persons[difficulty.persons.size()].id, .error = errors.back()});
    if (!error) ++unread;
  }
  if (unread > 0) log::warn("{} persons, whose pictures cannot be read, have the error 1", FormatThousands(unread));
  const Json about = {{"dataset", set.name},
                      {"network", options.model.empty() ? options.arch : options.model},
                      {"weights", options.weights},
                      {"average_precision", found.result.keypoints.value().ap}};
  WriteFileAtomically(options.difficulty, DifficultyText(difficulty, about));
  std::ranges::sort(errors);
  return options.difficulty + ": " + FormatThousands(std::ssize(errors)) + " persons, errors " +
         FormatDecimals(errors.front(), 3) + " (the easiest), " + FormatDecimals(errors[errors.size() / 2], 3) +
         " (the middle), " + FormatDecimals(errors.back(), 3) + " (the hardest)";
}

}  // namespace

void RequireNoPersonOptions(const EvaluateOptions& options) {
  const char* option = options.boxes != "truth"      ? "--boxes"
                       : !options.difficulty.empty() ? "--difficulty"
                       : !options.results.empty()    ? "--results"
                       : options.draw > 0            ? "--draw"
                       : !options.out.empty()        ? "--out"
                                                     : nullptr;
  if (option == nullptr) return;
  throw UsageError(std::string(option) + " is for key-points, but the config's task is classification");
}

void PrepareOutputs(const EvaluateOptions& options) {
  for (const auto& [option, file] :
       {std::pair("--results", options.results), std::pair("--difficulty", options.difficulty)}) {
    const fs::path parent = fs::path(file).parent_path();
    if (!parent.empty() && !fs::is_directory(parent)) {
      throw FileError(std::string(option) + ": there is no folder " + parent.string());
    }
  }
  if (!options.results.empty() &&
      fs::path(options.results).lexically_normal() == fs::path(options.difficulty).lexically_normal()) {
    throw UsageError("--results and --difficulty are both to be " + options.results + "; give each a file of its own");
  }
  if (options.draw > 0) MakeFolders(PicturesFolder(options));
}

void WritePicture(const TestPicture& picture, const std::filesystem::path& folder) {
  const std::vector<uint8_t> bytes = picture.jpeg();
  WriteFileAtomically(folder / picture.name,
                      std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void ForgetMeasuresOfMaps(EvaluationResult& result) { result.loss = result.top1 = events::kNotKnown; }

std::string PersonsText(const EvaluationResult& result) {
  const events::KeypointFields& found = result.keypoints.value();
  TextTable table({{""},
                   {"all", Align::kRight},
                   {"OKS .50", Align::kRight},
                   {"OKS .75", Align::kRight},
                   {"medium", Align::kRight},
                   {"large", Align::kRight}});
  table.AddRow({"AP", Hundredths(found.ap), Hundredths(found.ap50), Hundredths(found.ap75), Hundredths(found.ap_medium),
                Hundredths(found.ap_large)});
  table.AddRow({"AR", Hundredths(found.ar), Hundredths(found.ar50), Hundredths(found.ar75), Hundredths(found.ar_medium),
                Hundredths(found.ar_large)});
  const std::string of_maps = std::isnan(result.loss) ? ""
                                                      : ", PCK " + FormatPercent(result.top1, 2) + ", loss " +
                                                            FormatDecimals(1000 * result.loss, 4) + " thousandths";
  return table.Text() + "\n" + FormatThousands(found.found) + " persons found in " + FormatThousands(found.persons) +
         " boxes" + of_maps + ", in " + FormatDuration(result.seconds) + "\n";
}

std::vector<std::string> WritePersons(const PersonsFound& found, const std::shared_ptr<const DatasetIndex>& test,
                                      const Config& config, const EvaluateOptions& options) {
  std::vector<std::string> written;
  if (!options.difficulty.empty()) written.push_back(WriteDifficulty(found, *test, config, options));
  if (!options.results.empty()) {
    WriteKeypointResults(options.results, *test->annotated, found.kept);
    written.push_back(options.results);
  }
  if (options.draw > 0) {
    written.push_back(
        WritePictures(PicturesOf(found.kept, test, config.keypoints, options.draw), PicturesFolder(options)));
  }
  return written;
}

}  // namespace danas
