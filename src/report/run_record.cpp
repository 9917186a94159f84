#include "danas/report/run_record.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <system_error>
#include <tuple>

#include "danas/arch/config_space.h"
#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/run_folder.h"
#include "danas/cost/cost_model.h"
#include "danas/events/any_event.h"
#include "danas/events/line_reader.h"
#include "danas/events/run_log.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostConfigBytes = size_t{16} << 20;
constexpr size_t kMostPictureBytes = size_t{1} << 20;

// Whole lines that are events; how many are none.
template <typename Take>
size_t ForEachEvent(const fs::path& log, Take take) {
  LineReader reader(log);
  size_t broken = 0;
  while (true) {
    const LineReader::Lines read = reader.Read();
    if (read.lines.empty()) return broken;
    for (const std::string& line : read.lines) {
      if (line.empty()) continue;
      const Json json = events::ParseLine(line);
      if (json.is_null()) {
        ++broken;
      } else {
        take(events::ReadAny({events::NameOfLine(json), json}).event);
      }
    }
  }
}

class Reader {
 public:
  explicit Reader(const fs::path& folder) { record_.folder = folder; }

  RunRecord Read() {
    ReadConfig();
    const size_t broken = ForEachEvent(record_.folder / kLogFile, [this](events::AnyEvent event) {
      std::visit([this](auto& known) { Take(std::move(known)); }, event);
    });
    if (broken > 0) Warn("log.jsonl: " + std::to_string(broken) + " lines are not events");
    if (record_.search) FinishSearch();
    if (record_.training) FinishTraining();
    return std::move(record_);
  }

 private:
  using EpochKey = std::tuple<std::string, int64_t, std::string>;  // phase, epoch, budget

  void Warn(std::string text) { record_.warnings.push_back(std::move(text)); }

  // What may fail in a folder that anyone may have changed becomes a warning.
  template <typename Work>
  void Try(Work work) {
    try {
      work();
    } catch (const Error& error) {
      Warn(error.what());
    }
  }

  void ReadConfig() {
    const fs::path path = record_.folder / "config.json";
    if (!fs::exists(path)) return;
    Try([&] {
      Json json = ParseJson(ReadFile(path, kMostConfigBytes));
      if (!json.is_object()) throw FileError(path.string() + " is not a config");
      record_.config = std::move(json);
    });
  }

  template <typename Event>
  void Take(Event /*event*/) {}  // not of interest here

  void Take(events::SearchStart start) {
    record_.search.emplace().start = std::move(start);
    pruned_.clear();
    scores_.clear();
  }

  // An epoch that is there already was done again by a run that was resumed: what followed it did not happen.
  void Take(events::SearchEpoch epoch) {
    if (!record_.search) return;
    auto& epochs = record_.search->epochs;
    const auto again = std::ranges::find_if(
        epochs, [&](const auto& other) { return other.phase == epoch.phase && other.epoch == epoch.epoch; });
    const auto before = static_cast<size_t>(again - epochs.begin());
    if (again != epochs.end()) {
      std::erase_if(pruned_, [&](const auto& pruning) { return pruning.first > before; });
      scores_.clear();
      record_.search->end.reset();
      epochs.erase(again, epochs.end());
    }
    epochs.push_back(std::move(epoch));
  }

  void Take(events::Pruning pruning) {
    if (!record_.search) return;
    const auto again = std::ranges::find_if(pruned_, [&](const auto& other) {
      return other.second.phase == pruning.phase && other.second.budget == pruning.budget;
    });
    if (again != pruned_.end()) pruned_.erase(again);
    pruned_.emplace_back(record_.search->epochs.size(), std::move(pruning));
  }

  void Take(events::FinalScores scores) {
    if (record_.search) scores_.push_back(std::move(scores));
  }
  void Take(events::SearchEnd end) {
    if (record_.search) record_.search->end = std::move(end);
  }

  void Take(events::TrainingStart start) { record_.training.emplace().start = std::move(start); }
  void Take(events::TrainingEpoch epoch) {
    if (!record_.training) return;
    auto& epochs = record_.training->epochs;
    std::erase_if(epochs, [&](const auto& other) { return other.epoch >= epoch.epoch; });
    epochs.push_back(std::move(epoch));
  }
  void Take(events::TrainingEnd end) {
    if (record_.training) record_.training->end = std::move(end);
  }

  void Take(events::WrittenBy writer) {
    auto& writers = record_.written_by;
    if (writers.empty() || writers.back() != writer) writers.push_back(std::move(writer));
  }

  void FinishSearch() {
    SearchRecord& search = *record_.search;
    if (search.start.budgets && !search.start.budgets->empty()) {
      for (const events::BudgetBand& band : *search.start.budgets) {
        search.budgets.push_back({.name = band.budget,
                                  .target = events::Known(band.target),
                                  .least = events::Known(band.least),
                                  .most = events::Known(band.most)});
      }
    } else {
      search.budgets.push_back(
          {.name = {}, .target = search.start.budget, .least = {}, .most = search.start.budget_max});
    }
    ReadSpace(search);
    const std::map<EpochKey, events::Alpha> alphas = ReadAlphas();
    for (BudgetRecord& budget : search.budgets) FinishBudget(search, alphas, budget);
    ReadCandidates(search);
    for (BudgetRecord& budget : search.budgets) ReadNetwork(search, budget);
  }

  std::map<EpochKey, events::Alpha> ReadAlphas() {
    std::map<EpochKey, events::Alpha> alphas;
    const size_t broken = ForEachEvent(record_.folder / kAlphaFile, [&](events::AnyEvent event) {
      if (auto* alpha = std::get_if<events::Alpha>(&event)) {
        EpochKey key{alpha->phase, alpha->epoch, alpha->budget.value_or("")};
        alphas.insert_or_assign(std::move(key), std::move(*alpha));
      }
    });
    if (broken > 0) Warn("alpha.jsonl: " + std::to_string(broken) + " lines are not events");
    return alphas;
  }

  void FinishBudget(const SearchRecord& search, const std::map<EpochKey, events::Alpha>& alphas, BudgetRecord& budget) {
    const auto is_of = [&](const std::optional<std::string>& name) { return name.value_or("") == budget.name; };
    for (const events::SearchEpoch& epoch : search.epochs) {
      const auto found = alphas.find({epoch.phase, epoch.epoch, budget.name});
      budget.layers_e.push_back(found == alphas.end() ? std::nullopt : std::optional(found->second));
      budget.architecture_e.push_back(epoch.architecture);
      budget.alpha_e.push_back(epoch.alpha);
      if (!epoch.budgets) continue;
      for (const events::BudgetOfEpoch& of_budget : *epoch.budgets) {
        if (of_budget.budget != budget.name) continue;
        budget.architecture_e.back() = of_budget.architecture;
        budget.alpha_e.back() = of_budget.alpha;
      }
    }
    for (const auto& [epochs, pruning] : pruned_) {
      if (is_of(pruning.budget)) budget.prunings.push_back(pruning);
    }
    for (const events::FinalScores& scores : scores_) {
      if (is_of(scores.budget)) budget.scores = scores;
    }
    if (!search.end) return;
    if (budget.name.empty()) budget.found = search.end->result;
    for (const events::FoundFields& found : search.end->found.value_or(std::vector<events::FoundFields>())) {
      if (is_of(found.budget)) budget.found = found;
    }
  }

  void ReadSpace(SearchRecord& search) {
    if (!record_.config.contains("space")) return;
    Try([&] {
      const Config config = ConfigFromJson(record_.config, (record_.folder / "config.json").string());
      // Of key-points the log names none: they are the file's, or COCO's.
      const bool classes = config.task == TaskKind::kClassification;
      const SearchSpace space =
          LoadSpaceOf(config, classes ? static_cast<int>(search.start.class_order.size()) : 0).space;
      const double networks = space.NetworkCount();
      if (std::ssize(space.layers()) == search.start.layers &&
          std::abs(networks - search.start.networks) <= 1e-9 * networks) {
        search.space = space;
      } else {
        Warn("the space " + config.space + " has changed since the run began");
      }
    });
  }

  // Of the space; else of the first α event.
  static void ReadCandidates(SearchRecord& search) {
    if (search.space) {
      for (const LayerSpec& layer : search.space->layers()) {
        auto& names = search.candidate_l.emplace_back();
        for (const BlockSpec& block : layer.candidates) names.push_back(CandidateName(block));
      }
      return;
    }
    for (const BudgetRecord& budget : search.budgets) {
      for (const auto& alpha : budget.layers_e) {
        if (!alpha || !search.candidate_l.empty()) continue;
        for (const events::LayerAlpha& layer : alpha->layers) search.candidate_l.push_back(layer.candidates);
      }
    }
  }

  void ReadNetwork(const SearchRecord& search, BudgetRecord& budget) {
    const fs::path best = record_.folder / (budget.name.empty() ? "best.json" : "best-" + budget.name + ".json");
    if (search.end && fs::exists(best)) {
      Try([&] { budget.network = TakeGenotype(best); });
      return;
    }
    const auto last = std::find_if(budget.layers_e.rbegin(), budget.layers_e.rend(),
                                   [](const auto& alpha) { return alpha.has_value(); });
    if (last == budget.layers_e.rend() || !search.space) return;
    Try([&] { budget.network = Likeliest(*search.space, **last); });
  }

  static std::optional<SearchSpace> Likeliest(const SearchSpace& space, const events::Alpha& alpha) {
    if (alpha.layers.size() != space.layers().size()) return std::nullopt;
    std::vector<size_t> choice;
    for (size_t l = 0; l < alpha.layers.size(); ++l) {
      const events::LayerAlpha& layer = alpha.layers[l];
      if (layer.alpha.empty() || layer.alpha.size() != layer.candidates.size()) return std::nullopt;
      const auto best = std::ranges::max_element(layer.alpha) - layer.alpha.begin();
      const auto& candidates = space.layers()[l].candidates;
      const auto found = std::ranges::find(candidates, layer.candidates[static_cast<size_t>(best)], CandidateName);
      if (found == candidates.end()) return std::nullopt;
      choice.push_back(static_cast<size_t>(found - candidates.begin()));
    }
    return space.Select(choice);
  }

  SearchSpace TakeGenotype(const fs::path& path) {
    Genotype genotype = ReadGenotype(path);
    record_.class_ids = std::move(genotype.class_ids);
    record_.class_labels = std::move(genotype.class_labels);
    return std::move(genotype.network);
  }

  void FinishTraining() {
    TrainingRecord& training = *record_.training;
    const fs::path network = record_.folder / "network.json";
    if (fs::exists(network)) Try([&] { training.network = TakeGenotype(network); });
    if (training.end) Try([&] { training.result = ReadTrainedRun(record_.folder); });
    if (training.end) Try([&] { ReadPictures(training); });
  }

  void ReadPictures(TrainingRecord& training) {
    std::set<fs::path> files;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(record_.folder / "pictures", error)) {
      if (entry.is_regular_file(error) && entry.path().extension() == ".jpg") files.insert(entry.path());
    }
    for (const fs::path& file : files) {
      if (training.pictures.size() == kMostPictures) break;
      std::string bytes = ReadFile(file, kMostPictureBytes);
      if (bytes.starts_with("\xff\xd8\xff")) {
        training.pictures.push_back({.name = file.filename().string(), .bytes = std::move(bytes)});
      } else {
        Warn(file.string() + " is not a JPEG file");
      }
    }
  }

  RunRecord record_;
  std::vector<std::pair<size_t, events::Pruning>> pruned_;  // after so many epochs
  std::vector<events::FinalScores> scores_;
};

}  // namespace

RunRecord ReadRunRecord(const fs::path& folder) { return Reader(folder).Read(); }

std::vector<std::string> CandidateNames(const SearchSpace& network) {
  std::vector<std::string> names;
  for (const LayerSpec& layer : network.layers()) names.push_back(CandidateName(layer.candidates.front()));
  return names;
}

std::vector<LayerCosts> CostsByLayer(const SearchSpace& network, const Json& config) {
  std::vector<std::unique_ptr<CostModel>> models;
  models.push_back(MakeMacsModel());
  models.push_back(MakeParametersModel());
  const Json::json_pointer key("/search/latency_table");
  if (config.contains(key) && config.at(key).is_string() && !config.at(key).get<std::string>().empty()) {
    try {
      std::unique_ptr<CostModel> latency = ReadLatencyModel(config.at(key).get<std::string>());
      latency->CheckCovers(network);
      models.push_back(std::move(latency));
    } catch (const Error&) {
      // The table is not in the run folder: it may be gone, or be another's.
    }
  }
  std::vector<LayerCosts> costs;
  for (const auto& model : models) {
    LayerCosts& of_model = costs.emplace_back();
    of_model.unit = model->unit();
    of_model.cost_l.push_back(model->Stem(network));
    for (const LayerSpec& layer : network.layers()) {
      of_model.cost_l.push_back(model->Block(layer.candidates.front(), layer.shape));
    }
    of_model.cost_l.push_back(model->Head(network));
  }
  return costs;
}

}  // namespace danas
