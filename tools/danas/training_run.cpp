#include "training_run.h"

#include <iostream>

#include "danas/core/units.h"
#include "writer.h"

namespace danas {
namespace {

// "top-1 83.15 %", or of key-points "AP 0.684 (PCK 71.20 %)".
std::string TestText(const EvaluationResult& test) {
  if (!test.keypoints) return "top-1 " + FormatPercent(test.top1, 2);
  return "AP " + FormatDecimals(test.keypoints->ap, 3) + ", PCK " + FormatPercent(test.top1, 2);
}

std::string ResultText(const TrainingResult& result, const TrainingRun& run) {
  std::string text = "test " + TestText(result.last) + " (last epoch's weights";
  if (result.ema) text += "; their average: " + TestText(*result.ema);
  return text + "), " + (run.network.empty() ? "" : run.network + ", ") + FormatDuration(result.seconds) + "\nin " +
         run.folder->path().string() + ": weights.safetensors, network.json, result.json\n";
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
  RunReports reports(run.folder, config.log, call.verbosity());
  if (greet) greet(reports);
  const TrainingResult result = SayingWhatIsKept(run.folder, [&] {
    return train({.metrics = reports.metrics(),
                  .progress = reports.progress(),
                  .folder = run.folder->path(),
                  .resume = run.resume,
                  .notes = WithWriter(run.notes)});
  });
  std::cout << (run.json ? JsonText(events::ToJson(EndEvent(result, dataset.train.classes.ids)), 2) + "\n"
                         : ResultText(result, run));
  return 0;
}

}  // namespace danas
