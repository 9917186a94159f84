#include "danas/study/plan.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>
#include <utility>

#include "arm_checks.h"
#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/cost/budget_name.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBest = "best.json";
constexpr const char* kDataRoot = "data.root";

// A key that is in both has the second's value.
Settings Joined(Settings first, const Settings& second) {
  const auto key_of = [](const std::string& setting) { return setting.substr(0, setting.find('=')); };
  std::erase_if(first, [&](const std::string& setting) {
    return std::ranges::any_of(second, [&](const std::string& other) { return key_of(other) == key_of(setting); });
  });
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

bool IsPlain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-./=:,@+%").find(c) != std::string_view::npos;
}

std::string Quoted(const std::string& word) {
  if (!word.empty() && std::ranges::all_of(word, IsPlain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

class Planner {
 public:
  Planner(const Study& study, fs::path folder, const std::string& data)
      : study_(study), folder_(std::move(folder)), data_(data) {
    plan_.file = study.file;
  }

  StudyPlan Plan() {
    for (const SharedStep& step : study_.prepare) AddShared(step);
    for (const int64_t seed : study_.seeds) {
      if (study_.budgets.empty()) AddRound(seed, std::nullopt);
      for (size_t b = 0; b < study_.budgets.size(); ++b) AddRound(seed, b);
    }
    CheckComparable();
    CheckArmsDiffer(study_, plan_);
    CheckBudgetsInReach(study_, plan_);
    return std::move(plan_);
  }

 private:
  // Arms near another come after it, whatever their order in the file.
  void AddRound(int64_t seed, std::optional<size_t> budget) {
    std::map<std::string, size_t> trials;
    for (const bool near : {false, true}) {
      for (size_t a = 0; a < study_.arms.size(); ++a) {
        if (study_.arms[a].near.empty() == near) continue;
        AddTrial(a, seed, budget, trials);
        trials[study_.arms[a].name] = plan_.trials.size() - 1;
      }
    }
  }

  void AddTrial(size_t number, int64_t seed, std::optional<size_t> budget, const std::map<std::string, size_t>& round) {
    const StudyArm& arm = study_.arms[number];
    StudyTrial trial{.arm = number,
                     .seed = seed,
                     .budget = budget,
                     .config = {},
                     .search = {},
                     .found = {},
                     .trainings = {},
                     .near = {}};
    if (!arm.near.empty()) trial.near = round.at(arm.near);
    const Settings& own = trial.near ? study_.arms[plan_.trials[*trial.near].arm].settings : arm.settings;
    Settings settings = Joined(study_.settings, own);
    const Settings of_all_budgets = settings;
    if (budget) settings.push_back("search.budget=" + study_.budgets[*budget].text);
    trial.config = ReadConfig(Joined(settings, {"seed=" + std::to_string(seed)}), "arm '" + arm.name + "'");
    if (!trial.config.search.budgets.empty()) {
      throw ConfigError(
          study_.file.string() + ": arm '" + arm.name +
          "': search.budgets asks for several networks from one search; a study takes one. List the budgets "
          "under 'budgets' in the study");
    }
    const std::string name =
        arm.name + ", seed " + std::to_string(seed) + (budget ? ", " + study_.budgets[*budget].text : std::string());
    const fs::path unit =
        folder_ / arm.name /
        ((budget ? study_.budgets[*budget].text + "-" : std::string()) + "seed-" + std::to_string(seed));
    if (arm.random == 0) {
      trial.search = arm.one_search ? SharedSearch(number, of_all_budgets, seed)
                                    : AddSearch(name, unit, settings, seed, trial.config, !Sets(own, kDataRoot));
      if (arm.one_search) trial.sharing = std::ssize(study_.budgets);
      trial.found = plan_.steps[*trial.search].folder /
                    (arm.one_search ? FoundFile(study_.budgets[*budget].value) : std::string(kBest));
      if (study_.outcome.truth.empty()) {
        trial.trainings.push_back(AddFinetune(name, trial.found, unit / "finetune", seed, *trial.search));
      }
    } else if (study_.outcome.truth.empty()) {
      const size_t draw = AddDraw(name, unit, settings, trial);
      for (int64_t k = 1; k <= arm.random; ++k) {
        const std::string number_text = arm.random == 1 ? "" : "-" + std::to_string(k);
        trial.trainings.push_back(AddFinetune(name, unit / "networks" / ("random-" + std::to_string(k) + ".json"),
                                              unit / ("finetune" + number_text), seed, draw));
      }
    }
    plan_.trials.push_back(std::move(trial));
  }

  Config ReadConfig(const Settings& settings, const std::string& who) const {
    try {
      return LoadConfig(study_.config.string(), settings);
    } catch (const ConfigError& error) {
      throw ConfigError(study_.file.string() + ": " + who + ": " + error.what());
    }
  }

  void AddConfigWords(std::vector<std::string>& words, const Settings& settings) const {
    words.insert(words.end(), {"--config", study_.config.string()});
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", Expanded(setting, folder_)});
  }

  // `takes_data`: not a step of an arm or a training that names a dataset of its own.
  void AddWords(std::vector<std::string>& words, const Settings& settings, std::vector<std::string> more,
                bool takes_data = true) const {
    AddConfigWords(words, settings);
    if (!data_.empty() && takes_data) words.insert(words.end(), {"--data", data_});
    words.insert(words.end(), more.begin(), more.end());
  }

  size_t Add(StudyStep step) {
    plan_.steps.push_back(std::move(step));
    return plan_.steps.size() - 1;
  }

  void AddShared(const SharedStep& shared) {
    const Settings settings = Joined(study_.settings, shared.settings);
    const std::string name = "prepare: " + shared.name;
    StudyStep step{.name = name,
                   .kind = StepKind::kEasiness,
                   .folder = FolderOfShared(folder_, shared.name),
                   .words = {"easiness"},
                   .asked = {{"command", "easiness"}, {"config", ToJson(ReadConfig(settings, name))}},
                   .needs = Shared()};
    AddWords(step.words, settings, {"--no-probe", "--out", step.folder.string(), "--resume", "auto"},
             !Sets(shared.settings, kDataRoot));
    Add(std::move(step));
  }

  // Every step may read what all shared ones made.
  std::vector<size_t> Shared() const {
    std::vector<size_t> shared;
    for (size_t i = 0; i < std::min(plan_.steps.size(), study_.prepare.size()); ++i) shared.push_back(i);
    return shared;
  }

  // The search of an arm with `one_search`: the first budget of a seed adds it, the others find it.
  size_t SharedSearch(size_t number, Settings settings, int64_t seed) {
    const auto known = shared_searches_.find({number, seed});
    if (known != shared_searches_.end()) return known->second;
    const StudyArm& arm = study_.arms[number];
    std::vector<StudyBudget> budgets = study_.budgets;
    std::ranges::sort(budgets, {}, &StudyBudget::value);
    std::string list;
    for (const StudyBudget& budget : budgets) list += (list.empty() ? "" : ",") + budget.text;
    settings.push_back("search.budgets=[" + list + "]");
    const Config config = ReadConfig(Joined(settings, {"seed=" + std::to_string(seed)}), "arm '" + arm.name + "'");
    const size_t search =
        AddSearch(arm.name + ", seed " + std::to_string(seed), folder_ / arm.name / ("seed-" + std::to_string(seed)),
                  settings, seed, config, !Sets(arm.settings, kDataRoot));
    plan_.steps[search].found.clear();
    for (const StudyBudget& budget : budgets) plan_.steps[search].found.push_back(FoundFile(budget.value));
    shared_searches_[{number, seed}] = search;
    return search;
  }

  static std::string FoundFile(double budget) { return "best-" + BudgetName(budget) + ".json"; }

  size_t AddSearch(const std::string& name, const fs::path& unit, const Settings& settings, int64_t seed,
                   const Config& config, bool takes_data) {
    StudyStep step{.name = name + ": search",
                   .kind = StepKind::kSearch,
                   .folder = unit / "search",
                   .words = {"search"},
                   .asked = {{"command", "search"}, {"config", ToJson(config)}},
                   .needs = Shared(),
                   .found = {kBest}};
    AddWords(step.words, settings,
             {"--seed", std::to_string(seed), "--no-probe", "--run", step.folder.string(), "--resume", "auto"},
             takes_data);
    return Add(std::move(step));
  }

  size_t AddFinetune(const std::string& name, const fs::path& network, const fs::path& folder, int64_t seed,
                     size_t after) {
    const Settings settings = Joined(study_.settings, study_.outcome.settings);
    const Config config = ReadConfig(Joined(settings, {"seed=" + std::to_string(seed)}), "outcome.finetune");
    StudyStep step{.name = name + ": " + folder.filename().string(),
                   .kind = StepKind::kFinetune,
                   .folder = folder,
                   .words = {"finetune", "--arch", network.string()},
                   .asked = {{"command", "finetune"}, {"config", ToJson(config)}},
                   .needs = {after}};
    AddWords(step.words, settings, {"--seed", std::to_string(seed), "--run", folder.string(), "--resume", "auto"},
             !Sets(study_.outcome.settings, kDataRoot));
    return Add(std::move(step));
  }

  size_t AddDraw(const std::string& name, const fs::path& unit, const Settings& settings, const StudyTrial& trial) {
    const StudyArm& arm = study_.arms[trial.arm];
    StudyStep step{.name = name + ": networks",
                   .kind = StepKind::kDraw,
                   .folder = unit / "networks",
                   .words = {"space", "sample"},
                   .asked = {{"command", "space sample"}, {"count", arm.random}, {"seed", trial.seed}},
                   .needs = {},
                   .drawn = arm.random};
    if (trial.near) {
      const StudyTrial& near = plan_.trials[*trial.near];
      std::string band = Json(arm.band_percent).dump() + "%";
      if (band.ends_with(".0%")) band.replace(band.size() - 3, 3, "%");
      step.words.insert(step.words.end(), {"--arch", near.found.string(), "--band", band});
      step.asked["near"] = arm.near;
      step.asked["band"] = band;
      step.needs = {*near.search};
    } else {
      AddConfigWords(step.words, settings);
      step.asked["config"] = ToJson(trial.config);
    }
    step.words.insert(step.words.end(), {"--count", std::to_string(arm.random), "--seed", std::to_string(trial.seed),
                                         "--out", step.folder.string()});
    return Add(std::move(step));
  }

  void CheckComparable() const {
    if (study_.outcome.truth.empty()) return;
    const Config& first = plan_.trials.front().config;
    for (const StudyTrial& trial : plan_.trials) {
      const Config& config = trial.config;
      const std::string arm = study_.file.string() + ": arm '" + study_.arms[trial.arm].name + "'";
      if (config.space != first.space || config.data.image_size != first.data.image_size ||
          config.search.cost != first.search.cost || config.search.latency_table != first.search.latency_table) {
        throw ConfigError(arm +
                          " changes the space, the image size or the kind of cost, which the table of truth "
                          "fixes. Make a separate study with its own table");
      }
    }
  }

  const Study& study_;
  fs::path folder_;
  std::string data_;
  std::map<std::pair<size_t, int64_t>, size_t> shared_searches_;  // (arm, seed) -> step
  StudyPlan plan_;
};

}  // namespace

StudyPlan PlanStudy(const Study& study, const fs::path& folder, const std::string& data) {
  return Planner(study, folder, data).Plan();
}

std::string CommandText(const StudyStep& step) {
  std::string text = "danas";
  for (const std::string& word : step.words) text += " " + Quoted(word);
  return text;
}

}  // namespace danas
