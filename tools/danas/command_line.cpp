#include "command_line.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>

#include "danas/core/error.h"
#include "danas/core/units.h"
#include "version_info.h"

namespace danas {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 internal error, 2 command line, 3 config, space or network file, 4 data,\n"
    "  5 file or folder, 6 weights, 7 device, 8 loss not finite,\n"
    "  9 another process of the run is gone, 130 stopped by Ctrl-C.\n"
    "NO_COLOR=1 turns colours off. Help of one command: danas COMMAND --help";

CLI::App& AddCommand(CLI::App& parent, CommandLine& line, Command command, const char* name, const char* help,
                     const char* examples) {
  CLI::App& app = *parent.add_subcommand(name, help);
  app.footer(examples);
  app.callback([&line, command] { line.command = command; });
  app.add_flag("-q,--quiet", line.quiet, "warnings, errors and results alone");
  app.add_flag("-v,--verbose", line.verbose, "more messages");
  return app;
}

void AddJson(CLI::App& app, CommandLine& line) { app.add_flag("--json", line.json, "print JSON for programs"); }

// An option that is short for an assignment to a config key.
void AddSetting(CLI::App& app, CommandLine& line, const char* option, const char* value, const std::string& key,
                const char* help) {
  app.add_option_function<std::string>(
         option, [&line, key](const std::string& text) { line.config.settings.push_back(key + "=" + text); }, help)
      ->option_text(value);
}

void AddConfig(CLI::App& app, CommandLine& line) {
  app.add_option("-c,--config", line.config.config, "config: a file or a shipped name")->option_text("FILE");
  app.add_option_function<std::vector<std::string>>(
         "-s,--set",
         [&line](const std::vector<std::string>& texts) {
           line.config.settings.insert(line.config.settings.end(), texts.begin(), texts.end());
         },
         "set one key, for example search.budget=200M; repeatable")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all()
      ->trigger_on_parse();
}

void AddDataAndDevice(CLI::App& app, CommandLine& line) {
  AddSetting(app, line, "-d,--data", "DIR", "data.root", "the dataset's folder (data.root)");
  AddSetting(app, line, "--device", "NAME", "runtime.device", "auto, cpu, cuda or cuda:N (runtime.device)");
}

void AddRanks(CLI::App& app, CommandLine& line) {
  app.add_option("--ranks", line.ranks, "share the work over N processes on this machine (torchrun and srun: see README)")
      ->option_text("N")
      ->check(CLI::Range(1, 1024));
  app.add_option_function<int>(
         "--gpus",
         [&line](int gpus) {
           line.ranks = gpus;
           line.config.settings.push_back("runtime.device=cuda");
         },
         "share the work over N GPUs of this machine, a process each")
      ->option_text("N")
      ->check(CLI::Range(1, 1024))
      ->excludes("--ranks");
}

void AddSeed(CLI::App& app, CommandLine& line) {
  AddSetting(app, line, "--seed", "N", "seed", "seed of every random stream (seed)");
}

void AddArch(CLI::App& app, CommandLine& line) {
  app.add_option("-a,--arch", line.arch, "a network, such as the best.json of a search")->option_text("FILE");
}

void AddModel(CLI::App& app, CommandLine& line) {
  app.add_option("-m,--model", line.model, "a network of the zoo (danas models)")->option_text("NAME");
}

void AddRun(CLI::App& app, CommandLine& line) {
  app.add_option(
         "-r,--run,--run-folder", line.run,
         "run folder to make (default: runs/NAME-TIME-seedN). After torchrun, whose own option --run abbreviates: "
         "-r or --run-folder")
      ->option_text("DIR");
}

void AddSizeAndClasses(CLI::App& app, CommandLine& line, const std::string& size, const std::string& classes) {
  app.add_option("--size", line.image_size, "side of the square input (default: " + size + ")")
      ->option_text("PIXELS")
      ->check(CLI::Range(1, 16384));
  app.add_option("--classes", line.classes, "number of classes (default: " + classes + ")")
      ->option_text("N")
      ->check(CLI::Range(1, 10000000));
}

void AddResume(CLI::App& app, CommandLine& line) {
  app.add_option("--resume", line.resume,
                 "go on with the run in this folder, from its newest checkpoint; 'auto': with the one in --run, which "
                 "begins if there is none. --data names where the same images lie now")
      ->option_text("DIR");
}

void AddFork(CLI::App& app, CommandLine& line) {
  app.add_option("--fork", line.fork,
                 "with --resume DIR: leave that run as it is and go on from its newest checkpoint in this new folder, "
                 "with what --set changes")
      ->option_text("NEW");
}

void AddDryRun(CLI::App& app, CommandLine& line) {
  app.add_flag("-n,--dry-run", line.dry_run, "print the plan, check every path, run nothing");
  app.add_flag_callback(
      "--no-probe", [&line] { line.probe = false; }, "plan without the short probe that times a step");
}

void DescribeRuns(CLI::App& app, CommandLine& line) {
  CLI::App& search = AddCommand(app, line, Command::kSearch, "search", "Find a network by Algorithm 1 of the paper",
                                "Examples:\n"
                                "  danas search --config fashion_mnist.json\n"
                                "  danas search --config imagenet_shuffle_mobile.json --data /data/imagenet --dry-run\n"
                                "  danas search --config my.json --set search.budget=200M --run runs/mine\n"
                                "  danas search --config my.json --gpus 4\n"
                                "  danas search --resume runs/mine\n"
                                "  danas search --resume runs/mine --fork runs/other --set search.budget=150M\n"
                                "Leaves best.json (of several search.budgets one for each, best-323M.json), the log and\n"
                                "the supernet's weights in the run folder.");
  AddConfig(search, line);
  AddDataAndDevice(search, line);
  AddRanks(search, line);
  AddSeed(search, line);
  AddRun(search, line);
  AddResume(search, line);
  AddFork(search, line);
  AddDryRun(search, line);
  AddJson(search, line);

  CLI::App& finetune = AddCommand(app, line, Command::kFinetune, "finetune", "Train a found network and test it once",
                                  "Examples:\n"
                                  "  danas finetune --arch runs/mine/best.json\n"
                                  "  danas finetune --arch best.json --data /data/cifar10 --set finetune.epochs=100\n"
                                  "Dataset and recipe are those of the search that found the network, unless --config\n"
                                  "or --data says otherwise. Leaves weights.safetensors and result.json.");
  AddArch(finetune, line);
  AddConfig(finetune, line);
  AddDataAndDevice(finetune, line);
  AddRanks(finetune, line);
  AddSeed(finetune, line);
  AddRun(finetune, line);
  AddResume(finetune, line);
  AddFork(finetune, line);
  AddJson(finetune, line);

  CLI::App& train = AddCommand(app, line, Command::kTrain, "train", "Train a network of the zoo and test it once",
                               "Examples:\n"
                               "  danas train --model resnet18 --data /data/cifar10\n"
                               "  danas train --model mobilenetv2_0.5 --config fashion_mnist.json --set zoo.epochs=20\n"
                               "What the config does not say comes from the recipe of the network's family. Leaves\n"
                               "weights.safetensors, result.json and after each epoch how well each class is known.");
  AddModel(train, line);
  AddConfig(train, line);
  AddDataAndDevice(train, line);
  AddRanks(train, line);
  AddSeed(train, line);
  AddRun(train, line);
  AddResume(train, line);
  AddFork(train, line);
  AddJson(train, line);

  CLI::App& easiness =
      AddCommand(app, line, Command::kEasiness, "easiness", "Rank a dataset's classes from easy to hard",
                 "Examples:\n"
                 "  danas easiness --models resnet18,mobilenetv2_0.5\n"
                 "  danas easiness --config cifar10.json --data /data/cifar10 --set zoo.epochs=30\n"
                 "  danas easiness --models resnet34 --weights resnet34=resnet34-b627a593.pth --data /data/imagenet\n"
                 "Networks that are not trained yet are trained first and kept (easiness.networks). Leaves ranking.json\n"
                 "for schedule.ranking, and a page with the paper's Figures 1 to 3.");
  AddSetting(easiness, line, "-m,--models", "NAMES", "easiness.models", "networks that judge, with commas (easiness.models); NAME=FILE: by these weights");
  easiness.add_option("-w,--weights", line.judge_weights, "judge by these weights instead of training; repeatable")
      ->option_text("NAME=FILE")
      ->expected(1)
      ->take_all();
  easiness.add_flag_callback(
      "--no-train", [&line] { line.train = false; }, "an error instead of training");
  AddConfig(easiness, line);
  AddDataAndDevice(easiness, line);
  AddRanks(easiness, line);
  AddSeed(easiness, line);
  AddResume(easiness, line);
  easiness.add_option("-o,--out", line.run, "folder to make (default: runs/NAME-easiness-TIME-seedN)")->option_text("DIR");
  AddDryRun(easiness, line);
  AddJson(easiness, line);

  CLI::App& evaluate = AddCommand(app, line, Command::kEvaluate, "evaluate", "Test trained weights on the test set",
                                  "Examples:\n"
                                  "  danas evaluate --run runs/final\n"
                                  "  danas evaluate --arch best.json --weights weights.safetensors --data /data/cifar10\n"
                                  "  danas evaluate --model resnet34 --weights resnet34-b627a593.pth --data /data/imagenet");
  AddArch(evaluate, line);
  AddModel(evaluate, line);
  evaluate
      .add_option("-r,--run,--run-folder", line.run, "folder of a finetune or train run: its network, weights and data")
      ->option_text("DIR");
  evaluate.add_option("-w,--weights", line.weights, "trained weights: safetensors, or a .pth of torch.save")
      ->option_text("FILE");
  AddConfig(evaluate, line);
  AddDataAndDevice(evaluate, line);
  AddRanks(evaluate, line);
  AddJson(evaluate, line);
}

// "5%" -> "0.05"; anything else as it is.
std::string ShareOfPercent(std::string text) {
  if (!text.ends_with('%')) return text;
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, percent);
  if (error != std::errc() || end != text.data() + text.size() - 1) return text;
  return std::to_string(percent / 100);
}

void DescribeScoring(CLI::App& app, CommandLine& line) {
  CLI::App& rank = AddCommand(
      app, line, Command::kRank, "rank", "Score networks of a search's space with what it has trained",
      "Examples:\n"
      "  danas rank --run runs/mine --sample 100 --band 5%\n"
      "  danas rank --run runs/mine --archs best.json --json\n"
      "  danas rank --run runs/mine --truth table.csv --budget 300M --budget 400M\n"
      "All are scored by one state of the search, the newest that it kept with all their candidates; which one is said.\n"
      "With --truth it says how well the scores order networks that were trained (scripts/truth-table).");
  rank.add_option("-r,--run,--run-folder", line.run, "folder of a search, finished or not")
      ->option_text("DIR")
      ->required();
  CLI::Option* archs = rank.add_option("--archs", line.archs,
                                       "networks: a best.json, a JSON list or lines of such, or lines of candidates' "
                                       "indices as 0-2-1")
                           ->option_text("FILE");
  CLI::Option* all = rank.add_flag("--all", line.all, "every network of the space, or of the band")->excludes(archs);
  rank.add_option("--sample", line.sample, "random networks of the space, or of the band, each as likely")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1000000}))
      ->excludes(archs)
      ->excludes(all);
  rank.add_option("--band", line.band, "cost within this of search.budget, either way: 0.05 or 5%")
      ->option_text("SHARE")
      ->transform(ShareOfPercent)
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(archs);
  rank.add_option("--score", line.score,
                  "supernet: validation loss with the supernet's weights (search.scoring); alpha: sum of ln softmax(α); "
                  "macs, parameters: more is better; naswot, zico: of untrained networks (default: supernet)")
      ->option_text("NAME")
      ->check(CLI::IsMember({"supernet", "alpha", "macs", "parameters", "naswot", "zico"}));
  rank.add_option("--truth", line.truth, "a table of trained networks of the space, which are scored unless others are named")
      ->option_text("CSV");
  rank.add_option("--budget", line.budgets,
                  "with --truth: how good the best by score within this cost is; repeatable (default: the search's)")
      ->option_text("COUNT")
      ->expected(1)
      ->take_all();
  rank.add_option("--seed", line.seed, "seed of --sample and of the intervals (default: 0)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  AddConfig(rank, line);
  AddDataAndDevice(rank, line);
  AddRanks(rank, line);
  AddJson(rank, line);

  CLI::App& choose = AddCommand(
      app, line, Command::kChoose, "choose", "Find the best network of a search for another budget, without training",
      "Examples:\n"
      "  danas choose --run runs/mine --budget 300M\n"
      "  danas choose --run runs/mine --budget 300M --limit parameters=4M --out small.json\n"
      "Networks are scored by the newest state that the search kept with enough of them within the budget and all limits,\n"
      "and ranked as in its last choice: by their losses, or by a fit of these (--set search.final_effects=main).\n"
      "It says what each limit leaves of the others, and writes the best as a best.json for danas finetune.");
  choose.add_option("-r,--run,--run-folder", line.run, "folder of a search, finished or not")
      ->option_text("DIR")
      ->required();
  choose.add_option("--budget", line.target, "cost to aim at, in the search's unit (default: search.budget)")
      ->option_text("COUNT");
  choose.add_option("--limit", line.limits, "macs, parameters or latency (ms) at most; repeatable")
      ->option_text("KIND=COUNT")
      ->expected(1)
      ->take_all();
  choose.add_option("--score", line.score, "supernet or alpha, as for danas rank (default: supernet)")
      ->option_text("NAME")
      ->check(CLI::IsMember({"supernet", "alpha"}));
  choose.add_option("--sample", line.sample, "networks to score where more meet the limits (default: 300)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{2}, int64_t{1000000}));
  choose.add_option("--seed", line.seed, "seed of --sample (default: 0)")->option_text("N")->check(CLI::NonNegativeNumber);
  choose.add_option("-o,--out", line.out, "file to write (default: chosen.json in the run's folder)")->option_text("FILE");
  AddConfig(choose, line);
  AddDataAndDevice(choose, line);
  AddRanks(choose, line);
  AddJson(choose, line);
}

void DescribeStudy(CLI::App& app, CommandLine& line) {
  CLI::App& study = AddCommand(
      app, line, Command::kStudy, "study", "Run an experiment: arms, seeds, and what they differ in",
      "Examples:\n"
      "  danas study my_study.json --dry-run\n"
      "  danas study my_study.json --jobs 2\n"
      "  danas study my_study.json --report --markdown\n"
      "Each step is a command of danas and is printed. The same command goes on with a study that was ended, and does what\n"
      "is new after seeds or arms were added. Leaves study.json. The file's form: docs/studies.md.");
  study.add_option("file", line.in, "study: a file or a shipped name")->option_text("FILE")->required();
  study.add_option("-r,--run,--run-folder", line.run, "the study's folder (default: runs/study/NAME)")->option_text("DIR");
  study.add_option("-j,--jobs", line.jobs, "steps at once (default: 1)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1024}));
  study.add_option("-d,--data", line.data, "the dataset's folder, for every step (data.root)")->option_text("DIR");
  study.add_option("--truth", line.truth, "the table of truth, where it lies elsewhere")->option_text("CSV");
  CLI::Option* report = study.add_flag("--report", line.report, "print the tables of what is there, run nothing");
  study.add_flag("-n,--dry-run", line.dry_run, "list the steps and which are done, run nothing")->excludes(report);
  CLI::Option* markdown = study.add_flag("--markdown", line.markdown, "the report as Markdown");
  study.add_flag("--json", line.json, "print JSON for programs")->excludes(markdown);
}

void DescribeCost(CLI::App& app, CommandLine& line) {
  CLI::App& cost = AddCommand(app, line, Command::kCost, "cost", "Print what a network or a search space costs",
                              "Examples:\n"
                              "  danas cost --space shuffle --target 325M\n"
                              "  danas cost --arch runs/mine/best.json\n"
                              "MACs are multiply-accumulates of convolutions and fully connected layers.");
  cost.add_option("--space", line.space, "a search space: a file or a shipped name")->option_text("SPACE");
  AddArch(cost, line);
  AddSizeAndClasses(cost, line, "as in the file", "as in the file");
  cost.add_option("--latency-table", line.latency_table, "milliseconds by this table instead of MACs")
      ->option_text("FILE");
  cost.add_option("--target", line.target, "warn of every candidate that alone exceeds it")->option_text("COUNT");
  AddJson(cost, line);

  CLI::App& models = AddCommand(app, line, Command::kModels, "models", "List the networks of the zoo and their costs",
                                "Examples:\n"
                                "  danas models\n"
                                "  danas models --size 64 --classes 200 --json\n"
                                "Each has a full and a small variant, the second for images of 28 to 64 pixels.");
  AddSizeAndClasses(models, line, "224 for the full variants, 32 for the small", "1000 and 10");
  AddJson(models, line);

  CLI::App& compare =
      AddCommand(app, line, Command::kCompare, "compare", "Print one table of trained networks from their run folders",
                 "Example:\n"
                 "  danas compare runs/final runs/random-1 runs/random-2\n"
                 "The first is the one the others are compared with.");
  compare.add_option("run", line.paths, "folders that danas finetune or train made")->option_text("RUN...")->required();
  AddJson(compare, line);
}

void DescribeWatching(CLI::App& app, CommandLine& line) {
  CLI::App& status = AddCommand(
      app, line, Command::kStatus, "status", "Show how runs are doing, from another terminal",
      "Examples:\n"
      "  danas status runs/mine\n"
      "  danas status runs --watch\n"
      "One run in full; several, or a folder of runs, in a table. Works on any run: alive, dead or finished. --watch draws\n"
      "again every two seconds until no run is alive (exit code 0) or Ctrl-C (130); not on a terminal it writes a line\n"
      "twice a minute and when a run gets on.");
  status.add_option("run", line.paths, "run folders, or folders of them")->option_text("RUN...")->required();
  status.add_flag("-w,--watch", line.watch, "go on looking");
  AddJson(status, line);

  CLI::App& log = AddCommand(app, line, Command::kLog, "log", "Print what a run logged, for people",
                             "Examples:\n"
                             "  danas log runs/mine\n"
                             "  danas log runs/mine --follow\n"
                             "Times are UTC. --follow goes on until no process works on the run (exit code 0) or Ctrl-C (130).\n"
                             "For programs: log.jsonl and alpha.jsonl of the run, described in docs/file-formats.md.");
  log.add_option("run", line.paths, "run folder")->option_text("RUN")->required()->expected(1);
  log.add_flag("-f,--follow", line.follow, "print what comes, too");
}

void DescribeSpace(CLI::App& app, CommandLine& line) {
  CLI::App& space = *app.add_subcommand("space", "List, show, check and sample search spaces");
  space.require_subcommand(1);
  AddJson(AddCommand(space, line, Command::kSpaceList, "list", "List the shipped search spaces", ""), line);

  CLI::App& show = AddCommand(space, line, Command::kSpaceShow, "show", "Show the layers and candidates of a space",
                              "Example:\n  danas space show mobile_plus");
  show.add_option("space", line.space, "a file or a shipped name")->option_text("SPACE")->required();
  AddJson(show, line);

  CLI::App& check = AddCommand(space, line, Command::kSpaceCheck, "check", "Check space files of your own",
                               "Example:\n  danas space check my_space.json");
  check.add_option("file", line.paths, "space files")->option_text("FILE...")->required();

  CLI::App& sample = AddCommand(
      space, line, Command::kSpaceSample, "sample",
      "Write random networks that cost about as much as a given one, or as a search's budget allows",
      "Examples:\n"
      "  danas space sample --arch best.json --band 5% --count 2 --out runs/random\n"
      "  danas space sample --config my.json --set search.budget=200M --out runs/random\n"
      "Each network of the space within the band is as likely as any other. Writes random-1.json, ...");
  AddArch(sample, line);
  AddConfig(sample, line);
  sample.get_option("--config")->description("instead of --arch: networks within the budget of this config (a file or a shipped name)");
  sample.add_option("--space", line.space, "space to draw from (default: the one best.json was found in, or the config's)")
      ->option_text("SPACE");
  sample.add_option("--band", line.band_percent, "MACs within this of the network's, either way (default: 5%)")
      ->option_text("PERCENT")
      ->transform([](std::string text) {
        if (text.ends_with('%')) text.pop_back();
        return text;
      })
      ->check(CLI::Range(0.0, 100.0));
  sample.add_option("--count", line.count, "how many networks (default: 1)")
      ->option_text("N")
      ->check(CLI::Range(1, 100000));
  sample.add_option("--seed", line.seed, "seed of the draw (default: 0)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  sample.add_option("-o,--out", line.out, "folder to write to")->option_text("DIR")->required();
  AddJson(sample, line);
}

void DescribeConfig(CLI::App& app, CommandLine& line) {
  CLI::App& config = *app.add_subcommand("config", "List, show and check configs; print schema and reference");
  config.require_subcommand(1);
  AddCommand(config, line, Command::kConfigList, "list", "List the shipped configs", "");
  CLI::App& show = AddCommand(config, line, Command::kConfigShow, "show", "Print a config in full, defaults filled in",
                              "Example:\n  danas config show --config cifar10.json --set train.lr=0.05");
  AddConfig(show, line);
  AddSetting(show, line, "-d,--data", "DIR", "data.root", "the dataset's folder (data.root)");
  AddSeed(show, line);
  CLI::App& check = AddCommand(config, line, Command::kConfigCheck, "check", "Check config files of your own",
                               "Example:\n  danas config check my.json");
  check.add_option("file", line.paths, "config files")->option_text("FILE...")->required();
  AddCommand(config, line, Command::kConfigSchema, "schema", "Print the JSON schema, for editors", "");
  AddCommand(config, line, Command::kConfigReference, "reference", "Print the table of all keys as Markdown", "");
}

void AddThreads(CLI::App& app, CommandLine& line) {
  app.add_option("--threads", line.threads, "threads that decode (default: one for each core)")
      ->option_text("N")
      ->check(CLI::Range(1, 1024));
}

void DescribePacking(CLI::App& data, CommandLine& line) {
  CLI::App& pack = AddCommand(
      data, line, Command::kDataPack, "pack", "Copy a dataset into LMDB databases, which are read faster",
      "Examples:\n"
      "  danas data pack /data/imagenet /data/imagenet-256 --resize-short 256 --quality 90\n"
      "  danas data pack /data/photos /data/photos-packed --keep-bytes\n"
      "  danas data pack /data/imagenet/val.csv /data/imagenet-256/val\n"
      "Then: --data /data/imagenet-256. A root with train/ and val/ or test/ (or their manifests) makes the same below\n"
      "OUT; one set alone lies in OUT itself. Killed, or out of space: run it again, and it goes on. CIFAR and IDX are\n"
      "kept without loss. With --keep-bytes the fingerprint stays, and searches see the same batches.");
  pack.add_option("in", line.in, "dataset: its root or one of its sets")->option_text("IN")->required();
  pack.add_option("out", line.out, "folder to make")->option_text("OUT")->required();
  CLI::Option* keep = pack.add_flag("--keep-bytes", line.keep_bytes, "image files as they are");
  pack.add_option("--resize-short", line.resize_short, "the shorter side of larger images (default: 256)")
      ->option_text("PIXELS")
      ->check(CLI::Range(1, 65500))
      ->excludes(keep);
  pack.add_option("--quality", line.quality, "of the JPEGs (default: 90)")
      ->option_text("1-100")
      ->check(CLI::Range(1, 100))
      ->excludes(keep);
  pack.add_flag("--skip-bad", line.skip_bad, "leave out and list images that cannot be read, up to data.most_bad");
  AddThreads(pack, line);
  AddConfig(pack, line);
  AddJson(pack, line);

  CLI::App& check = AddCommand(data, line, Command::kDataCheck, "check", "Decode every image and list what is broken",
                               "Examples:\n"
                               "  danas data check /data/photos\n"
                               "  danas data check /data/imagenet-256 --threads 8\n"
                               "Of packed sets it compares all bytes with their hashes. Exit code 4 where anything is broken.");
  check.add_option("path", line.in, "dataset: its root or one of its sets")->option_text("PATH")->required();
  AddThreads(check, line);
  AddConfig(check, line);
  AddJson(check, line);
}

void DescribeData(CLI::App& app, CommandLine& line) {
  CLI::App& data = *app.add_subcommand("data", "Look at a dataset, check or pack it; make a manifest");
  data.require_subcommand(1);
  CLI::App& info = AddCommand(data, line, Command::kDataInfo, "info", "Say what danas sees in a dataset",
                              "Examples:\n"
                              "  danas data info --data /data/cifar10\n"
                              "  danas data info --data /data/packed");
  AddConfig(info, line);
  AddSetting(info, line, "-d,--data", "DIR", "data.root", "the dataset's folder (data.root)");
  AddJson(info, line);

  CLI::App& manifest = AddCommand(
      data, line, Command::kDataManifest, "manifest", "Make a manifest of ImageNet's flat val/ folder",
      "Example:\n"
      "  danas data manifest --devkit ILSVRC2012_devkit_t12 --data imagenet/val --out imagenet/val.csv\n"
      "Then: --set data.train=imagenet/train --set data.test=imagenet/val.csv");
  manifest.add_option("--devkit", line.devkit, "the development kit, unpacked")->option_text("DIR")->required();
  manifest.add_option("-d,--data", line.paths, "the folder of the images")->option_text("DIR")->required()->expected(1);
  manifest.add_option("-o,--out", line.out, "manifest to write (.csv)")->option_text("FILE")->required();
  manifest.add_option("--class-names", line.class_names, "write the classes' texts too, for data.class_names")
      ->option_text("FILE");
  manifest.add_option("--synsets", line.synsets, "text file of WordNet ids instead of the kit's meta.mat")
      ->option_text("FILE");
  DescribePacking(data, line);
}

void DescribeBench(CLI::App& app, CommandLine& line) {
  CLI::App& bench = *app.add_subcommand("bench", "Time what danas does on this machine");
  bench.require_subcommand(1);
  CLI::App& supernet = AddCommand(
      bench, line, Command::kBenchSupernet, "supernet", "Time a search's two steps and predict the hours of a search",
      "Examples:\n"
      "  danas bench supernet --config fashion_mnist_short.json\n"
      "  danas bench supernet --space mobile_small --batch 32 --kernels fused,aten --threads 2\n"
      "  danas bench supernet --config imagenet_mobile.json --images 1231167 --batch 8\n"
      "  danas bench supernet --space mobile --device cuda --batch 64 --profile steps.txt\n"
      "Ways of computing take turns; each is compared with the first, with a 95 % interval. Run it on a quiet machine.");
  AddConfig(supernet, line);
  supernet.add_option("--space", line.space, "a search space instead of the config's, at its own size")
      ->option_text("SPACE");
  AddDataAndDevice(supernet, line);
  supernet.add_option("--kernels", line.kernels, "ways of computing: fused, aten (default: both where both can)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::IsMember({"fused", "aten"}));
  supernet.add_option("--recompute", line.recompute, "none, layer (default: none)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::IsMember({"none", "layer"}));
  supernet.add_option("--batch", line.batch, "images a step (default: the config's; on a CPU at most 32)")
      ->option_text("N")
      ->check(CLI::Range(2, 1 << 20));
  supernet.add_option("--rounds", line.rounds, "rounds (default: 5)")->option_text("N")->check(CLI::Range(1, 10000));
  supernet.add_option("--steps", line.steps, "steps of each kind a round (default: 3)")
      ->option_text("N")
      ->check(CLI::Range(1, 10000));
  supernet.add_option("--images", line.images, "images of the training set, to predict a search without it")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  supernet.add_option("--profile", line.profile,
                      "profile one more step of each kind: operators and kernels by time and count, and for how long a "
                      "GPU is idle, as text")
      ->option_text("FILE");
  AddSetting(supernet, line, "--threads", "N", "runtime.threads", "threads (runtime.threads)");
  AddJson(supernet, line);

  CLI::App& loader = AddCommand(bench, line, Command::kBenchLoader, "loader", "Time the loader on a dataset",
                                "Example:\n"
                                "  danas bench loader --data /data/imagenet --set data.image_size=224 --workers 1,2,4\n"
                                "Training images are decoded and augmented as the config says, then dropped.");
  AddConfig(loader, line);
  AddSetting(loader, line, "-d,--data", "DIR", "data.root", "the dataset's folder (data.root)");
  loader.add_option("--workers", line.workers, "decoding threads (default: 1 and as many as cores)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  loader.add_option("--batch", line.batch, "images a batch (default: train.batch)")
      ->option_text("N")
      ->check(CLI::Range(1, 1 << 20));
  loader.add_option("--images", line.images, "images a pass, drawn evenly (default: at most 20,000)")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  loader.add_option("--passes", line.passes, "timed passes (default: 3)")->option_text("N")->check(CLI::Range(1, 1000));
  AddJson(loader, line);
}

void DescribeProgram(CLI::App& app, CommandLine& line) {
  CLI::App& version = AddCommand(app, line, Command::kVersion, "version", "Print versions and how danas was built", "");
  version.add_flag("--full", line.full, "load torch: its own version, threads, instruction sets, GPUs");
  AddJson(version, line);
  CLI::App& completion = AddCommand(app, line, Command::kCompletion, "completion", "Print shell completion",
                                    "Examples:\n"
                                    "  source <(danas completion bash)\n"
                                    "  danas completion zsh > ~/.zfunc/_danas");
  completion.add_option("shell", line.word, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  AddCommand(app, line, Command::kMan, "man", "Print the manual page",
             "Example:\n  danas man > danas.1; man ./danas.1");
}

const CLI::App& CommandTyped(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

// The first word that nothing expects, with the one that was meant. There is one: root.remaining_size(true) > 0.
std::string UnexpectedWord(const CLI::App& root, const std::vector<std::string>& words) {
  const std::vector<std::string> unexpected = root.remaining(true);
  const auto is_unexpected = [&](const std::string& word) {
    return std::find(unexpected.begin(), unexpected.end(), word) != unexpected.end();
  };
  const auto first = std::find_if(words.begin(), words.end(), is_unexpected);
  std::string word = first == words.end() ? unexpected.front() : *first;  // of "-qz" only the z may be unexpected
  word = word.substr(0, word.find('='));
  const CLI::App& app = CommandTyped(root);
  const bool is_option = word.starts_with("-");
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  if (!is_option) names.clear();
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  const std::string nearest = NearestName(word, names);
  return (is_option ? "unknown option '" : "unexpected word '") + word + "'" +
         (nearest.empty() ? "" : " (did you mean " + nearest + "?)");
}

std::string CommandPath(const CLI::App& root) {
  std::string path = "danas";
  for (const CLI::App* app = &root; !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    path += " " + app->get_name();
  }
  return path;
}

[[noreturn]] void ThrowUsageError(const CLI::App& root, const std::string& what) {
  throw UsageError(what + ". See " + CommandPath(root) + " --help");
}

// Help is no answer to a word that is wrong: a script that tries whether a command is there would find any.
void RejectUnexpectedWords(const CLI::App& root, const std::vector<std::string>& words) {
  if (root.remaining_size(true) > 0) ThrowUsageError(root, UnexpectedWord(root, words));
}

}  // namespace

void DescribeCommandLine(CLI::App& app, CommandLine& line) {
  app.name("danas");
  app.description("danas: data-adapted pruning for efficient neural architecture search (DA-NAS, ECCV 2020)");
  app.footer(std::string("A first search, from nothing to a trained network: scripts/quickstart\n") + kExitCodes);
  app.get_formatter()->column_width(28);
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", VersionLine(), "print the version");
  DescribeRuns(app, line);
  DescribeScoring(app, line);
  DescribeStudy(app, line);
  DescribeCost(app, line);
  DescribeWatching(app, line);
  DescribeSpace(app, line);
  DescribeConfig(app, line);
  DescribeData(app, line);
  DescribeBench(app, line);
  DescribeProgram(app, line);
}

CommandLine ParseCommandLine(int argc, const char* const* argv, bool* missing) {
  CommandLine line;
  CLI::App app;
  DescribeCommandLine(app, line);
  *missing = false;
  // "danas help search" is "danas search --help".
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  }
  for (const std::string& word : words) line.words += word + "\n";
  std::vector<std::string> from_the_back(words.rbegin(), words.rend());
  try {
    app.parse(from_the_back);
  } catch (const CLI::CallForHelp&) {
    RejectUnexpectedWords(app, words);
    std::cout << app.help();
    return {};
  } catch (const CLI::CallForVersion&) {
    RejectUnexpectedWords(app, words);
    std::cout << VersionLine() << "\n";
    return {};
  } catch (const CLI::ParseError& error) {
    RejectUnexpectedWords(app, words);
    ThrowUsageError(app, error.what());
  }
  if (line.command == Command::kNone) {
    std::cerr << app.help();
    *missing = true;
  }
  return line;
}

}  // namespace danas
