// --resume: which run is resumed, and with which config.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "call.h"
#include "danas/config/config.h"
#include "option_groups.h"

namespace danas {

// The images that a run uses. kTraining: only the training set, and the test set as long as classes are still to be
// ranked (schedule.ranking 'auto').
enum class SetsUsed { kTraining, kBoth };

// The folder of the run to resume; empty if a new one starts (no --resume, or 'auto' and no run yet in --run). If a
// launcher restarts a job (TORCHELASTIC_RESTART_COUNT or SLURM_RESTART_COUNT above 0), 'auto' is the default for a line
// with --run. With --fork it is the new folder, created here with the newest checkpoint of the original run, and its
// logs and results up to there. Throws UsageError if --resume conflicts with the other options, ConfigError if --set
// changes what a fork cannot change, DataError if the images have changed, FileError as RunFolder does.
std::filesystem::path RunToResume(const RunOptions& options, const ConfigOptions& config, const Call& call,
                                  SetsUsed sets);

// The run's own config with the changes of the command line; with --resume auto (`resume`) the one that `read` makes of
// the line, as for a new run. Loader threads, device, checkpoints, `log` and where the images are stored (run_images.h)
// may change, which is logged; throws ConfigError with the list of all other differences.
Config ConfigToResume(const std::filesystem::path& run, const std::string& resume, const ConfigOptions& config,
                      const std::function<Config()>& read);

// Of a training: if its result is there, logs that and returns true.
bool SayIfFinished(const std::filesystem::path& run);

}  // namespace danas
