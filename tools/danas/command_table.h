// The table of commands: what is typed, whose options it takes, and which program runs it. Help, manual page and
// completion follow its order. A new command is its options, DescribeOptions() and RunCommand() in a file of its own,
// and a line here. The table holds types, not functions, so that `danas` describes commands whose RunCommand() it does
// not link, while a program that lacks one that it runs does not link at all.
#pragma once

#include <memory>
#include <tuple>
#include <vector>

#include "bench_options.h"
#include "choose_options.h"
#include "command_line.h"
#include "compare_command.h"
#include "completion_command.h"
#include "config_command.h"
#include "cost_command.h"
#include "data_options.h"
#include "easiness_options.h"
#include "evaluate_options.h"
#include "export_options.h"
#include "finetune_options.h"
#include "latency_options.h"
#include "log_command.h"
#include "man_command.h"
#include "models_command.h"
#include "rank_options.h"
#include "report_command.h"
#include "search_options.h"
#include "space_command.h"
#include "space_sample_command.h"
#include "status_command.h"
#include "study_command.h"
#include "train_options.h"
#include "version_command.h"

namespace danas {

// A command without torch and OpenCV: `danas` calls RunCommand().
template <typename Options>
struct InDanas {
  const char* words;
};

// A command that reads images: `danas` becomes `danas-data`, which calls RunCommand().
template <typename Options>
struct InData {
  const char* words;
};

// A command with torch: `danas` becomes `danas-engine`, which calls RunCommand().
template <typename Options>
struct InEngine {
  const char* words;
};

// Both: if NeedsEngine() is true, `danas` becomes `danas-engine`, which calls RunInEngine().
template <typename Options>
struct InEither {
  const char* words;
};

// A word before commands.
struct CommandGroup {
  const char* word;
  const char* help;
};

inline constexpr std::tuple kCommands = {
    InEngine<SearchOptions>{"search"},
    InEngine<FinetuneOptions>{"finetune"},
    InEngine<TrainOptions>{"train"},
    InEngine<EasinessOptions>{"easiness"},
    InEngine<EvaluateOptions>{"evaluate"},
    InEngine<ExportOptions>{"export"},
    InEngine<RankOptions>{"rank"},
    InEngine<ChooseOptions>{"choose"},
    InDanas<StudyOptions>{"study"},
    InDanas<CostOptions>{"cost"},
    InEngine<LatencyOptions>{"latency"},
    InDanas<ModelsOptions>{"models"},
    InDanas<CompareOptions>{"compare"},
    InDanas<ReportOptions>{"report"},
    InDanas<StatusOptions>{"status"},
    InDanas<LogOptions>{"log"},
    CommandGroup{"space", "List, show, check and sample search spaces"},
    InDanas<SpaceListOptions>{"space list"},
    InDanas<SpaceShowOptions>{"space show"},
    InDanas<SpaceCheckOptions>{"space check"},
    InDanas<SpaceSampleOptions>{"space sample"},
    CommandGroup{"config", "List, show and check configs; print their schema and reference"},
    InDanas<ConfigListOptions>{"config list"},
    InDanas<ConfigShowOptions>{"config show"},
    InDanas<ConfigCheckOptions>{"config check"},
    InDanas<ConfigSchemaOptions>{"config schema"},
    InDanas<ConfigReferenceOptions>{"config reference"},
    CommandGroup{"data", "Inspect, check or pack a dataset; write a manifest"},
    InData<DataInfoOptions>{"data info"},
    InData<DataManifestOptions>{"data manifest"},
    InData<DataPackOptions>{"data pack"},
    InData<DataCheckOptions>{"data check"},
    CommandGroup{"bench", "Benchmark danas on this machine"},
    InEngine<BenchSupernetOptions>{"bench supernet"},
    InEngine<BenchLoaderOptions>{"bench loader"},
    InEither<VersionOptions>{"version"},
    InDanas<CompletionOptions>{"completion"},
    InDanas<ManOptions>{"man"},
};

template <typename Run>
DescribedCommand Described(const CommandGroup& group, const Run&) {
  return {group.word, [group](CLI::App& app, CommandLine&) {
            app.description(group.help);
            app.require_subcommand(1);
          }};
}

template <template <typename> typename Command, typename Options, typename Run>
DescribedCommand Described(const Command<Options>& command, const Run& run) {
  return {command.words, [command, run](CLI::App& app, CommandLine& line) {
            const auto options = std::make_shared<Options>();
            app.footer("");  // otherwise it inherits that of danas itself
            AddVerbosity(app, line.call);
            DescribeOptions(app, *options);
            app.callback([=, &line] { line.run = [=](const Call& call) { return run(command, *options, call); }; });
          }};
}

// The table for a program in which `run(command, options, call)` runs a command.
template <typename Run>
std::vector<DescribedCommand> DescribedCommands(const Run& run) {
  return std::apply([&](const auto&... command) { return std::vector{Described(command, run)...}; }, kCommands);
}

// The table for other renderings of it: completion and manual page.
std::vector<DescribedCommand> CommandsToRead();

}  // namespace danas
