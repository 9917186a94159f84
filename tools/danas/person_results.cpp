#include "person_results.h"

#include <filesystem>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/units.h"
#include "danas/report/text_table.h"
#include "danas/tasks/keypoints/coco_results.h"
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

}  // namespace

void RequireNoPersonOptions(const EvaluateOptions& options) {
  const char* option = options.boxes != "truth"   ? "--boxes"
                       : !options.results.empty() ? "--results"
                       : options.draw > 0         ? "--draw"
                       : !options.out.empty()     ? "--out"
                                                  : nullptr;
  if (option == nullptr) return;
  throw UsageError(std::string(option) + " is for key-points, but the config's task is classification");
}

void PrepareOutputs(const EvaluateOptions& options) {
  const fs::path parent = fs::path(options.results).parent_path();
  if (!parent.empty() && !fs::is_directory(parent)) {
    throw FileError("--results: there is no folder " + parent.string());
  }
  if (options.draw > 0) MakeFolders(PicturesFolder(options));
}

void WritePicture(const TestPicture& picture, const std::filesystem::path& folder) {
  const std::vector<uint8_t> bytes = picture.jpeg();
  WriteFileAtomically(folder / picture.name,
                      std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

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
  return table.Text() + "\n" + FormatThousands(found.found) + " persons found in " + FormatThousands(found.persons) +
         " boxes, PCK " + FormatPercent(result.top1, 2) + ", loss " + FormatDecimals(1000 * result.loss, 4) +
         " thousandths, in " + FormatDuration(result.seconds) + "\n";
}

std::vector<std::string> WritePersons(const PersonsFound& found, const std::shared_ptr<const DatasetIndex>& test,
                                      const Config& config, const EvaluateOptions& options) {
  std::vector<std::string> written;
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
