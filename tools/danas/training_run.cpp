#include "training_run.h"

#include <iostream>

#include "danas/core/units.h"
#include "writer.h"

namespace danas {
namespace {

std::string ResultText(const TrainingResult& result, const TrainingRun& run) {
  std::string text = "test top-1 " + FormatPercent(result.last.top1, 2) + " (last epoch's weights";
  if (result.ema) text += "; their average: " + FormatPercent(result.ema->top1, 2);
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
