// Where a run reports to: the logs in its folder, and messages and a progress line on standard error.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "call.h"
#include "danas/config/config.h"
#include "danas/core/error.h"
#include "danas/core/run_folder.h"
#include "danas/data/dataset_index.h"
#include "danas/events/event.h"
#include "danas/run/ranks.h"
#include "danas/watch/progress_file.h"
#include "danas/watch/progress_line.h"
#include "danas/watch/screen.h"

namespace danas {

class RunReports {
 public:
  // Without a folder nothing is logged to files. With Verbosity::kQuiet nothing is shown. With a folder, later log
  // messages also go to its run.log, and TensorBoard files are written if the config asks for them.
  RunReports(const RunFolder* folder, const Config& config, Verbosity verbosity);
  ~RunReports();
  RunReports(const RunReports&) = delete;
  RunReports& operator=(const RunReports&) = delete;

  MetricSink* metrics() { return &fan_; }
  MetricSink* printer() { return printer_.get(); }  // shows events without logging them; null when quiet
  // Where a training within the run reports besides its own logs in `folder`; null if nowhere.
  std::shared_ptr<MetricSink> SinkOfTraining(const std::filesystem::path& folder) const;
  void Say(std::string_view text);
  ProgressSink* progress() { return &progress_; }

 private:
  bool tensorboard_;
  Verbosity verbosity_;
  Screen screen_;
  std::shared_ptr<ProgressFile> progress_file_;
  ProgressFan progress_;
  std::shared_ptr<MetricSink> printer_;
  MetricFan fan_;
};

// The folder given with --run, otherwise the default for `name`. Checks that it is free, before anything that takes
// long.
std::filesystem::path RunPath(const std::string& run, const std::string& name, const Config& config);

// Creates the folder and writes config.json. For a job that a launcher may restart (torchrun, Slurm), records which
// folder this line created: see RunOfJob().
RunFolder MakeRunFolder(const std::filesystem::path& path, const Config& config, const Call& call);

// The folder that an earlier start of this launcher's job created for the same line; empty if there is none.
std::filesystem::path RunOfJob(const Call& call);

// From now on bad_files.txt in the run's folder lists the images of `dataset` that are skipped.
void ListBadImages(const DatasetIndex& dataset, const RunFolder& folder);

// What `work` returns; error messages add what is kept in `folder`, if there is one.
template <typename Work>
auto SayingWhatIsKept(const RunFolder* folder, const Work& work) {
  try {
    return work();
  } catch (const ToldPeerError&) {
    throw;
  } catch (const Error& error) {
    if (folder == nullptr) throw;
    const std::string text =
        std::string(error.what()) + "; config, log and work finished so far are kept in " + folder->path().string();
    if (dynamic_cast<const InterruptedWait*>(&error) != nullptr) throw InterruptedWait(text);
    throw Error(error.exit_code(), text);
  }
}

}  // namespace danas
