// danas easiness: ranks the classes of a dataset from easy to hard by networks of the zoo.
#include <iostream>

#include "commands.h"
#include "danas/arch/zoo.h"
#include "danas/config/shipped.h"
#include "danas/core/log.h"
#include "danas/nn/fused_layer.h"
#include "danas/run/device.h"
#include "easiness_run.h"
#include "inputs.h"
#include "judge_names.h"
#include "rank_command.h"
#include "resume.h"
#include "run_images.h"
#include "zoo_inputs.h"

namespace danas {
namespace {

constexpr const char* kDefaultConfig = "fashion_mnist";

// Without a config and a dataset: the default ones. A shipped config's name becomes its path, which is looked up and told
// once.
CommandLine FillInDefault(CommandLine line) {
  if (!line.config.config.empty()) line.config.config = FindShippedFile("", line.config.config).string();
  if (line.config.config.empty() && !ReadConfig(line.config).data.NamesDataset()) {
    line.config.config = ShippedFile("", kDefaultConfig).string();
    log::info("no --config and no --data: ranking the classes of {}", line.config.config);
  }
  return line;
}

// Of the first network that judges: dataset, image size and split are the same for all.
Config ConfigOfRun(const CommandLine& line) {
  return ConfigOfZooModel(ParseJudgeName(ReadConfig(line.config).easiness.models.front()).model, line.config);
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
int Rank(const CommandLine& line, const EasinessPlan& plan, const RunFolder* folder) {
  if (folder == nullptr) {
    RunEasiness(plan.inputs, {});
    return 0;
  }
  for (const Judge& judge : plan.inputs.judges) ListBadImages(judge.training.dataset.train, *folder);
  RunReports reports(folder, plan.inputs.config.log, line.verbosity());
  reports.Say(plan.text);
  RecordAll(reports.metrics(), plan.moved);
  const EasinessStudy study = SayingWhatIsKept(folder, [&] { return RunEasinessInto(plan, folder->path(), reports); });
  if (line.json) {
    std::cout << JsonText(ResultJson(study, folder->path()), 2) << "\n";
  } else {
    std::cout << EasinessText(study) << "\n"
              << AgreementText(study.agreement) << "in " << folder->path().string()
              << ": ranking.json (for schedule.ranking), easiness.html, agreement.json, figures\n";
  }
  return 0;
}

int Resume(const CommandLine& line, const std::filesystem::path& run, Ranks& ranks) {
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return RunFolder::Reopen(run); });
  const Config config =
      FirstReads(ranks, [&] { return ConfigToResume(run, line, [&] { return ConfigOfRun(FillInDefault(line)); }); });
  if (FirstDecides(ranks, [&] { return std::filesystem::exists(run / "easiness.html"); })) {
    log::info("{} is finished already: its ranking is {}", run.string(), (run / "ranking.json").string());
    return 0;
  }
  const at::Device device = OpenRankDevice(config, ranks);
  return Rank(line,
              ResumeEasiness(config, {.run = run, .folder = PointerTo(folder), .judges = run}, line, device, ranks),
              PointerTo(folder));
}

int Begin(const CommandLine& given, Ranks& ranks) {
  const CommandLine line = FillInDefault(given);
  const Config config = FirstReads(ranks, [&] { return ConfigOfRun(line); });
  const std::filesystem::path run =
      FirstChooses(ranks, [&] { return RunPath(line.run, ConfigName(line.config) + "-easiness", config); });
  const at::Device device = OpenRankDevice(config, ranks);
  log::info("kernels: {}", DescribeKernels(config.nn.kernels, device));
  const EasinessPlan plan = PlanEasiness(config, line, device, ranks);
  if (line.dry_run) {
    if (ranks.first()) std::cout << plan.text;
    return 0;
  }
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return MakeRunFolder(run, config, line); });
  KeepImages(PointerTo(folder), plan.images());
  return Rank(line, plan, PointerTo(folder));
}

}  // namespace

int RunEasinessCommand(const CommandLine& line) {
  return OnRanks(line, [&](Ranks& ranks) {
    const std::filesystem::path run = FirstChooses(ranks, [&] { return RunToResume(line); });
    return run.empty() ? Begin(line, ranks) : Resume(line, run, ranks);
  });
}

}  // namespace danas
