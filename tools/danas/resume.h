// --resume: which run goes on, and with which config.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "call.h"
#include "danas/config/config.h"
#include "option_groups.h"

namespace danas {

// The images that a run looks at. kTraining: the training set alone, and the test set as long as classes are still to
// be ranked (schedule.ranking 'auto').
enum class SetsUsed { kTraining, kBoth };

// The folder of the run that is to go on; empty where a new one begins (no --resume, or 'auto' and no run yet in
// --run). Where a launcher starts a job again (TORCHELASTIC_RESTART_COUNT or SLURM_RESTART_COUNT above 0), 'auto' is
// the default for a line with --run. With --fork it is the new folder, made here with the checkpoint, logs and results
// up to it of the run that it leaves. Throws UsageError where --resume does not fit the other options, ConfigError
// where --set changes what a fork cannot change, DataError where the images have changed, FileError as RunFolder does.
std::filesystem::path RunToResume(const RunOptions& options, const ConfigOptions& config, const Call& call,
                                  SetsUsed sets);

// The run's own config with what the command line changes in it; with --resume auto (`resume`) the one that `read`
// makes of the line, as for a run that begins. Loader threads, device, checkpoints, `log` and where the images lie
// (run_images.h) may change, which is logged; throws ConfigError with the list of what else differs.
Config ConfigToResume(const std::filesystem::path& run, const std::string& resume, const ConfigOptions& config,
                      const std::function<Config()>& read);

// Of a training: says so, and is true, where its result is there.
bool SayIfFinished(const std::filesystem::path& run);

}  // namespace danas
