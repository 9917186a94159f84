#include "training_run.h"

#include <exception>
#include <iostream>

#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/events/task_words.h"
#include "person_results.h"
#include "writer.h"

namespace danas {
namespace {

std::string TestText(const EvaluationResult& test) { return events::TestText(test.top1, test.keypoints); }

std::string ResultText(const TrainingResult& result, const TrainingRun& run) {
  std::string text = "test " + TestText(result.last) + " (last epoch's weights";
  if (result.ema) text += "; their average: " + TestText(*result.ema);
  return text + "), " + (run.network.empty() ? "" : run.network + ", ") + FormatDuration(result.seconds) + "\nin " +
         run.folder->path().string() + ": weights.safetensors, network.json, result.json\n";
}

// They add to a training that is done: where one cannot be written, nobody loses the training.
void WritePictures(const std::vector<TestPicture>& pictures, const RunFolder& folder) {
  if (pictures.empty()) return;
  const std::filesystem::path place = folder / "pictures";
  try {
    MakeFolders(place);
    for (const TestPicture& picture : pictures) WritePicture(picture, place);
  } catch (const std::exception& error) {
    log::warn(
        "the training is finished, but its pictures could not be written: {}. Later: danas evaluate --run {} --draw {} "
        "--out {}",
        error.what(), folder.path().string(), pictures.size(), place.string());
  }
}

}  // namespace

int RunTraining(const TrainingRun& run, const Config& config, const Dataset& dataset, const Call& call,
                const std::function<void(RunReports& reports)>& greet,
                const std::function<TrainingResult(const TrainingOutputs& outputs)>& train) {
  if (run.folder == nullptr) {
    train({.resume = run.resume});
    return 0;
  }
  ListBadImages(dataset.train, *run.folder);
  ListBadImages(dataset.test, *run.folder);
  RunReports reports(run.folder, config, call.verbosity());
  if (greet) greet(reports);
  const TrainingResult result = SayingWhatIsKept(run.folder, [&] {
    return train({.metrics = reports.metrics(),
                  .progress = reports.progress(),
                  .folder = run.folder->path(),
                  .resume = run.resume,
                  .notes = WithWriter(run.notes)});
  });
  WritePictures(result.last.pictures, *run.folder);
  std::cout << (run.json ? JsonText(events::ToJson(EndEvent(result, dataset.train.classes.ids)), 2) + "\n"
                         : ResultText(result, run));
  return 0;
}

}  // namespace danas
