#include "easiness_run.h"

#include <algorithm>

#include "ask.h"
#include "danas/config/config_file.h"
#include "danas/config/document.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/cost/cost_model.h"
#include "danas/data/subset.h"
#include "judge_names.h"
#include "zoo_inputs.h"

namespace danas {
namespace {

std::vector<Judge> MakeJudges(const std::vector<JudgeName>& names, const ConfigOptions& config, at::Device device) {
  std::vector<Judge> judges;
  for (const JudgeName& name : names) {
    ConfigOptions options = config;
    if (!name.seed.empty()) options.settings.push_back("seed=" + name.seed);
    Judge judge;
    judge.name = name.name;
    judge.training.model = name.model;
    judge.weights = name.weights;
    judge.training.config = ConfigOfZooModel(name.model, options);
    judge.training.device = device;
    judges.push_back(std::move(judge));
  }
  return judges;
}

// What ResumeEasiness() needs of them. A search's config.json does not distinguish its settings from the recipes'.
Json JudgesJson(const std::vector<Judge>& judges) {
  Json list = Json::array();
  for (const Judge& judge : judges) {
    list.push_back({{"name", judge.name},
                    {"model", judge.training.model},
                    {"weights", judge.weights.string()},
                    {"config", ToJson(judge.training.config)}});
  }
  return list;
}

std::vector<Judge> ReadJudges(const std::filesystem::path& path, at::Device device) {
  std::vector<Judge> judges;
  for (const Node& node : Document::Read(path).Root().Items()) {
    const std::string model = node.Key("model").AsText();
    Judge judge;
    judge.name = node.Key("name").AsText();
    judge.training.model = model;
    judge.weights = node.Key("weights").AsText();
    judge.training.config = ConfigFromJson(node.Key("config").ToJson(), path.string() + ", " + judge.name);
    judge.training.device = device;
    judges.push_back(std::move(judge));
  }
  return judges;
}

// The judges use the run's images, wherever these are stored now.
void TakePlaces(const DataConfig& from, DataConfig& to) {
  to.root = from.root;
  to.train = from.train;
  to.test = from.test;
  to.format = from.format;
}

// Every rank uses the trainings that the first finds.
void FindTrainings(std::vector<Judge>& judges, const Dataset& dataset, const RunImages& images,
                   const std::string& networks, const Ranks& ranks) {
  for (Judge& judge : judges) {
    judge.training.dataset = dataset;
    judge.training.images = images;
    judge.training.ranks = ranks;
    const Json found = Json::parse(ranks.FromFirst([&] {
      FindTraining(judge, networks);
      return JsonText({judge.folder.string(), judge.finished, judge.begun});
    }));
    judge.folder = found.at(0).get<std::string>();
    judge.finished = found.at(1).get<bool>();
    judge.begun = found.at(2).get<bool>();
  }
}

// Seconds that a judge still takes.
double ExpectedSeconds(const Judge& judge, const EasinessConfig& config) {
  const ImageSeconds an_image = ProbeNetwork(judge.training);
  const Split split = JudgeSplit(judge.training);
  const auto train = static_cast<double>(split.weights.size()), carved = static_cast<double>(split.architecture.size());
  const double scored = config.split == EasinessSplit::kTrain ? train : carved;
  const int64_t epochs = judge.training.config.zoo.epochs;
  const bool relevance = judge.weights.empty() && config.relevance != RelevanceChoice::kNone;
  const auto passes = static_cast<double>(relevance ? KeptEpochs(epochs).size() : 1);
  double seconds = passes * scored * an_image.judging;
  if (judge.weights.empty() && !judge.finished) {
    seconds += static_cast<double>(epochs) * (train * an_image.training + carved * an_image.judging) +
               static_cast<double>(judge.training.dataset.test.size()) * an_image.judging;
  }
  return seconds;
}

JudgeRow RowOf(const Judge& judge) {
  const SearchSpace network = MakeZooGenotype(judge.training).network;
  JudgeRow row{.name = judge.name,
               .what = {},
               .macs = static_cast<double>(CountMacs(network)),
               .parameters = static_cast<double>(CountParameters(network))};
  if (!judge.weights.empty()) {
    const bool there = std::filesystem::exists(judge.weights);
    row.what = (there ? "weights from " : "missing weights: ") + judge.weights.string();
  } else if (judge.finished) {
    row.what = "trained: " + judge.folder.string();
  } else if (judge.begun) {
    row.what = "to resume: " + judge.folder.string();
  } else {
    row.what = "to train, " + std::to_string(judge.training.config.zoo.epochs) + " epochs";
  }
  return row;
}

void RefuseTraining(const std::vector<Judge>& judges, const std::string& networks) {
  std::string names;
  for (const Judge& judge : judges) {
    if (judge.weights.empty() && !judge.finished) names += (names.empty() ? "" : ", ") + judge.name;
  }
  if (names.empty()) return;
  throw UsageError("--no-train: not trained yet on these images with this recipe: " + names + " (looked in " +
                   networks + "). Give weights with --weights NAME=FILE, or leave out --no-train");
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string ConfusionCsv(const NetworkJudgement& judgement, const std::vector<std::string>& class_ids) {
  std::string text = "class";
  for (const std::string& id : class_ids) text += "," + CsvField(id);
  text += "\n";
  for (size_t r = 0; r < class_ids.size(); ++r) {
    text += CsvField(class_ids[r]);
    for (const int64_t count : judgement.confusion_cc[r]) text += "," + std::to_string(count);
    text += "\n";
  }
  return text;
}

void MakeFolder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw FileError("cannot create " + path.string() + ": " + error.message());
}

void WriteStudy(const EasinessStudy& study, const RankingOrigin& origin, const std::filesystem::path& folder) {
  MakeFolder(folder / "figures");
  const auto write_json = [&](const char* name, const Json& json, int indent) {
    WriteFileAtomically(folder / name, JsonText(json, indent) + "\n");
  };
  write_json("ranking.json", RankingJson(study.easiness, study.judgements, origin), -1);
  write_json("agreement.json", ToJson(study.agreement), 1);
  for (const NetworkJudgement& judgement : study.judgements) {
    WriteFileAtomically(folder / ("confusion-" + judgement.network + ".csv"),
                        ConfusionCsv(judgement, study.easiness.class_ids));
  }
  const std::vector<Figure> figures = EasinessFigures(study);
  for (const Figure& figure : figures) WriteFileAtomically(folder / "figures" / (figure.name + ".svg"), figure.svg);
  WriteFileAtomically(folder / "easiness.html", EasinessPage(study, figures));
}

EasinessPlan PlanFor(const Config& config, std::vector<Judge> judges, bool probe) {
  std::vector<JudgeRow> rows;
  std::vector<double> shares;
  double total = 0;
  for (const Judge& judge : judges) {
    rows.push_back(RowOf(judge));
    if (probe) {
      rows.back().seconds = ExpectedSeconds(judge, config.easiness);
      total += *rows.back().seconds;
      shares.push_back(*rows.back().seconds);
    }
  }
  for (double& share : shares) share /= total;
  const DatasetIndex& train = judges.front().training.dataset.train;
  const std::string text = EasinessPlanText(train.name, static_cast<int64_t>(train.classes.ids.size()), rows);
  EasinessInputs inputs{.config = config, .judges = std::move(judges), .shares = std::move(shares)};
  return {.inputs = std::move(inputs), .text = text, .seconds = total};
}

}  // namespace

EasinessPlan PlanEasiness(const Config& config, const EasinessRequest& request, at::Device device, const Ranks& ranks) {
  const std::vector<JudgeName> names = JudgesOf(config, request.weights);
  if (const std::string missing = MissingWeights(names); !missing.empty()) {
    if (!request.plan.dry_run) throw FileError(missing);
    if (ranks.first()) log::warn("{}", missing);
  }
  std::vector<Judge> judges = MakeJudges(names, request.config, device);
  const Dataset dataset = OpenDataset(judges.at(0).training.config.data);
  FindTrainings(judges, dataset, ListRunImages(ranks, dataset.train, &dataset.test), config.easiness.networks, ranks);
  if (!request.train) RefuseTraining(judges, config.easiness.networks);
  return PlanFor(config, std::move(judges), request.plan.probe && ranks.first());
}

EasinessPlan ResumeEasiness(const Config& config, const BegunEasiness& begun, bool probe, at::Device device,
                            const Ranks& ranks) {
  std::vector<Judge> judges = ReadJudges(begun.judges / "judges.json", device);
  for (Judge& judge : judges) TakePlaces(config.data, judge.training.config.data);
  const ResumedDataset resumed = ReopenDataset(ranks, begun.run, begun.folder, judges.at(0).training.config.data);
  FindTrainings(judges, resumed.dataset, resumed.images, config.easiness.networks, ranks);
  EasinessPlan plan = PlanFor(config, std::move(judges), probe && ranks.first());
  plan.moved = resumed.moved;
  return plan;
}

void AskBefore(const EasinessPlan& plan, const PlanOptions& options, const Ranks& ranks) {
  if (!ranks.first()) return;
  AskBefore({.seconds = plan.seconds,
             .ask_above = plan.inputs.config.runtime.ask_above,
             .yes = options.yes,
             .ranks = ranks.count(),
             .shorter = "fewer epochs (--set zoo.epochs=N), smaller networks (--set easiness.models=mobilenetv2_0.25), "
                        "weights that are trained already (danas easiness --weights NAME=FILE), a GPU (--device cuda)"});
}

EasinessStudy RunEasinessInto(const EasinessPlan& plan, const std::filesystem::path& folder, RunReports& reports) {
  MakeFolder(folder);
  WriteFileAtomically(folder / "judges.json", JsonText(JudgesJson(plan.inputs.judges), 1) + "\n");
  EasinessResult result = RunEasiness(
      plan.inputs,
      {.metrics = reports.metrics(),
       .trainings = reports.printer(),
       .sink_of_training = [&](const std::filesystem::path& training) { return reports.SinkOfTraining(training); },
       .progress = reports.progress()});
  const DatasetIndex& train = plan.inputs.judges.front().training.dataset.train;
  EasinessStudy study{.dataset = train.name,
                      .class_labels = train.classes.labels,
                      .easiness = std::move(result.easiness),
                      .judgements = std::move(result.judgements),
                      .agreement = std::move(result.agreement),
                      .relevance = std::move(result.relevance)};
  WriteStudy(study,
             {.dataset = train.name,
              .fingerprint = HexText(train.fingerprint),
              .class_labels = train.classes.labels,
              .config = ToJson(plan.inputs.config)},
             folder);
  return study;
}

}  // namespace danas
