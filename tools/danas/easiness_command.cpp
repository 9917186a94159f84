// danas easiness: ranks the classes of a dataset from easy to hard by networks of the zoo.
#include <iostream>

#include "danas/arch/zoo.h"
#include "danas/config/shipped.h"
#include "danas/core/log.h"
#include "danas/nn/fused_layer.h"
#include "danas/run/device.h"
#include "easiness_options.h"
#include "easiness_run.h"
#include "inputs.h"
#include "judge_names.h"
#include "on_ranks.h"
#include "resume.h"
#include "run_images.h"
#include "zoo_inputs.h"

namespace danas {
namespace {

constexpr const char* kDefaultConfig = "fashion_mnist";

// Without a config and a dataset: the default ones. A shipped config's name becomes its path, so that it is looked up
// and reported once.
ConfigOptions FillInDefault(ConfigOptions options) {
  if (!options.config.empty()) options.config = FindShippedFile("", options.config).string();
  if (options.config.empty() && !ReadConfig(options).data.NamesDataset()) {
    options.config = ShippedFile("", kDefaultConfig).string();
    log::info("no --config and no --data given: ranking the classes of {}", options.config);
  }
  return options;
}

// Of the first judge: dataset, image size and split are the same for all.
Config ConfigOfRun(const ConfigOptions& options) {
  return ConfigOfZooModel(ParseJudgeName(ReadConfig(options).easiness.models.front()).model, options);
}

Json ResultJson(const EasinessStudy& study, const std::filesystem::path& folder) {
  Json order = Json::array();
  for (const int c : study.easiness.order) order.push_back(study.easiness.class_ids[static_cast<size_t>(c)]);
  return {{"run", folder.string()},
          {"ranking", (folder / "ranking.json").string()},
          {"page", (folder / "easiness.html").string()},
          {"classes", std::move(order)},
          {"agreement", ToJson(study.agreement)}};
}

// `folder`: on the first rank.
int Rank(const EasinessPlan& plan, const RunFolder* folder, bool json, Verbosity verbosity) {
  if (folder == nullptr) {
    RunEasiness(plan.inputs, {});
    return 0;
  }
  for (const Judge& judge : plan.inputs.judges) ListBadImages(judge.training.dataset.train, *folder);
  RunReports reports(folder, plan.inputs.config, verbosity);
  reports.Say(plan.text);
  RecordAll(reports.metrics(), plan.moved);
  const EasinessStudy study = SayingWhatIsKept(folder, [&] { return RunEasinessInto(plan, folder->path(), reports); });
  if (json) {
    std::cout << JsonText(ResultJson(study, folder->path()), 2) << "\n";
  } else {
    std::cout << EasinessText(study) << "\n"
              << AgreementText(study.agreement) << "in " << folder->path().string()
              << ": ranking.json (for schedule.ranking), easiness.html, agreement.json, figures\n";
  }
  return 0;
}

int Resume(const EasinessOptions& options, const Call& call, const std::filesystem::path& run, Ranks& ranks) {
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return RunFolder::Reopen(run); });
  const Config config = FirstReads(ranks, [&] {
    return ConfigToResume(run, options.run.resume, options.config,
                          [&] { return ConfigOfRun(FillInDefault(options.config)); });
  });
  if (FirstDecides(ranks, [&] { return std::filesystem::exists(run / "easiness.html"); })) {
    log::info("{} is already finished; its ranking is {}", run.string(), (run / "ranking.json").string());
    return 0;
  }
  const at::Device device = OpenRankDevice(config, ranks);
  const EasinessPlan plan = ResumeEasiness(config, {.run = run, .folder = PointerTo(folder), .judges = run},
                                           options.plan.probe, device, ranks);
  return Rank(plan, PointerTo(folder), options.json, call.verbosity());
}

int Begin(const EasinessOptions& options, const Call& call, Ranks& ranks) {
  const ConfigOptions config_options = FillInDefault(options.config);
  const Config config = FirstReads(ranks, [&] { return ConfigOfRun(config_options); });
  const std::filesystem::path run =
      FirstChooses(ranks, [&] { return RunPath(options.run.run, ConfigName(config_options) + "-easiness", config); });
  const at::Device device = OpenRankDevice(config, ranks);
  log::info("kernels: {}", DescribeKernels(config.nn.kernels, device));
  const EasinessPlan plan = PlanEasiness(
      config, {.config = config_options, .weights = options.weights, .train = options.train, .plan = options.plan},
      device, ranks);
  if (options.plan.dry_run) {
    if (ranks.first()) std::cout << plan.text;
    return 0;
  }
  AskBefore(plan, options.plan, ranks);
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return MakeRunFolder(run, config, call); });
  KeepImages(PointerTo(folder), plan.images());
  return Rank(plan, PointerTo(folder), options.json, call.verbosity());
}

}  // namespace

int RunCommand(const EasinessOptions& options, const Call& call) {
  return OnRanks(SourcesOf(options.config, options.run), [&](Ranks& ranks) {
    const std::filesystem::path run =
        FirstChooses(ranks, [&] { return RunToResume(options.run, options.config, call, SetsUsed::kBoth); });
    return run.empty() ? Begin(options, call, ranks) : Resume(options, call, run, ranks);
  });
}

}  // namespace danas
