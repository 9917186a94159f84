#include "danas/study/study_file.h"

#include <algorithm>
#include <cctype>

#include "danas/config/document.h"
#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/units.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStudyFolder = "study";  // ${study}
constexpr const char* kSharedFolder = "prepare";
constexpr int64_t kMostSeeds = 10000;
constexpr int64_t kMostDrawn = 1000;
constexpr int64_t kMostDevices = 100'000;

// Names become folders.
void CheckName(const Node& node, const std::string& name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
  if (name.empty() || name.front() == '.' || !std::ranges::all_of(name, fits)) {
    node.Fail("'" + name + "' becomes the name of a folder: expected letters, digits, '_', '-' and '.', not '.' first");
  }
}

std::string ValueText(const Node& where, const std::string& key, const Json& value) {
  if (value.is_null()) where.Fail("'" + key + "' has no value");
  return value.is_string() ? value.get<std::string>() : JsonText(value);
}

void AddSettings(const Node& where, const std::string& prefix, const Json& map, Settings& settings) {
  for (const auto& [name, value] : map.items()) {
    const std::string key = prefix + name;
    if (value.is_object()) {
      AddSettings(where, key + ".", value, settings);
    } else {
      settings.push_back(key + "=" + ValueText(where, key, value));
    }
  }
}

// `path` beside a study file, else in the working folder.
fs::path BesideOrHere(const fs::path& study_file, const std::string& path) {
  std::error_code unreadable;
  const fs::path beside = study_file.parent_path() / path;
  return fs::exists(beside, unreadable) ? beside.lexically_normal() : fs::path(path);
}

class StudyReader {
 public:
  StudyReader(const Document& document, fs::path file) : root_(document.Root()) { study_.file = std::move(file); }

  Study Read() {
    study_.name = root_.Key("name").AsText();
    CheckName(root_.Key("name"), study_.name);
    study_.about = root_.KeyOr("about", std::string());
    root_.Find("$schema");  // for editors
    study_.config = FindConfig(root_.Key("config"));
    ReadShared();
    study_.settings = ReadSettings(root_, {"seed"});
    ReadSeeds(root_.Key("seeds"));
    if (const auto budgets = root_.Find("budgets")) ReadBudgets(*budgets);
    if (const auto cost = root_.Find("cost")) ReadCost(*cost);
    ReadArms(root_.Key("arms"));
    ReadOutcome(root_.Key("outcome"));
    if (const auto against = root_.Find("against")) study_.against = ArmOf(*against);
    return std::move(study_);
  }

 private:
  fs::path FindConfig(const Node& node) const {
    try {
      const fs::path found = BesideOrHere(study_.file, node.AsText());
      return FindShippedFile("", found.string());
    } catch (const ConfigError& error) {
      node.Fail(error.what());
    }
  }

  // The map `set` of a node. `given` are keys that the study itself sets.
  Settings ReadSettings(const Node& node, std::vector<std::string> given) const {
    Settings settings;
    const auto set = node.Find("set");
    if (!set) return settings;
    set->Entries();
    AddSettings(*set, "", set->ToJson(), settings);
    if (!study_.budgets.empty()) given.emplace_back("search.budget");
    for (const std::string& key : given) {
      if (Sets(settings, key)) set->Fail("'" + key + "' is set by the study itself, from its seeds and budgets");
    }
    for (const std::string& text : settings) CheckFolders(*set, text);
    return settings;
  }

  // Every ${NAME} is known.
  void CheckFolders(const Node& node, const std::string& text) const {
    std::vector<std::string> known = {kStudyFolder};
    for (const SharedStep& step : study_.prepare) known.push_back(step.name);
    for (size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2)) {
      const size_t end = text.find('}', at);
      if (end == std::string::npos) node.Fail("'" + text + "': a ${ without its }");
      const std::string name = text.substr(at + 2, end - at - 2);
      if (std::ranges::find(known, name) != known.end()) continue;
      const std::string nearest = NearestName(name, known);
      node.Fail("'" + text + "': ${" + name + "} is neither ${study} nor a name in 'prepare'" +
                (nearest.empty() ? "" : "; did you mean ${" + nearest + "}?"));
    }
  }

  // A step may name those before it.
  void ReadShared() {
    const auto prepare = root_.Find("prepare");
    if (!prepare) return;
    for (const auto& [name, node] : prepare->Entries()) {
      CheckName(node, name);
      if (name == kStudyFolder) node.Fail("${study} is the study's own folder; choose another name");
      const Node easiness = node.Key("easiness");
      study_.prepare.push_back({.name = name, .settings = ReadSettings(easiness, {})});
    }
  }

  void ReadSeeds(const Node& node) {
    if (!node.IsList()) {
      const int64_t count = node.AsInt(1, kMostSeeds);
      for (int64_t seed = 0; seed < count; ++seed) study_.seeds.push_back(seed);
      return;
    }
    for (const Node& item : node.Items()) {
      const int64_t seed = item.AsInt(0);
      if (std::ranges::find(study_.seeds, seed) != study_.seeds.end()) item.Fail("the seed is listed twice");
      study_.seeds.push_back(seed);
    }
    if (study_.seeds.empty()) node.Fail("found an empty list, expected seeds");
  }

  void ReadBudgets(const Node& node) {
    for (const Node& item : node.Items()) {
      StudyBudget budget;
      try {
        budget.text = item.IsText() ? item.AsText() : FormatCount(item.AsDouble());
        budget.value = item.IsText() ? ParseCount(budget.text) : item.AsDouble();
      } catch (const ConfigError& error) {
        item.Fail(error.what());
      }
      CheckName(item, budget.text);
      if (budget.value <= 0) item.Fail("found " + item.Found() + ", expected a cost above 0");
      const auto same = [&](const StudyBudget& other) { return other.value == budget.value; };
      if (std::ranges::any_of(study_.budgets, same)) item.Fail("the budget is listed twice");
      study_.budgets.push_back(std::move(budget));
    }
    if (study_.budgets.empty()) node.Fail("found an empty list; leave out 'budgets' to use the config's budget");
    if (Sets(study_.settings, "search.budget"))
      root_.Key("set").Fail("'search.budget' is set although there are 'budgets'");
  }

  void ReadArms(const Node& node) {
    for (const auto& [name, entry] : node.Entries()) {
      CheckName(entry, name);
      if (name == kSharedFolder) entry.Fail("'prepare' is the folder of shared steps; choose another name");
      study_.arms.push_back(ReadArm(name, entry));
    }
    if (study_.arms.empty()) node.Fail("found no arm");
    for (const auto& [name, entry] : node.Entries()) {
      if (const auto near = entry.Find("near")) CheckNear(*near);
    }
  }

  StudyArm ReadArm(const std::string& name, const Node& node) const {
    StudyArm arm{.name = name, .settings = ReadSettings(node, {"seed"}), .near = {}};
    if (const auto random = node.Find("random")) arm.random = random->AsInt(1, kMostDrawn);
    const auto near = node.Find("near"), band = node.Find("band");
    if (near && arm.random == 0) near->Fail("only an arm with 'random' draws networks near another's");
    if (band && !near) band->Fail("it is the band around the network of 'near', which is missing");
    if (near) arm.near = near->AsText();
    if (near && !arm.settings.empty()) node.Key("set").Fail("an arm with 'near' uses the other arm's settings");
    if (band) arm.band_percent = ReadPercent(*band);
    if (const auto one = node.Find("one_search")) arm.one_search = ReadOneSearch(*one, arm);
    if (const auto images = node.Find("images")) {
      arm.images = images->AsInt(1, static_cast<int64_t>(kMostImages));
      if (!study_.cost) images->Fail("it counts for 'cost', which the study does not have");
    }
    return arm;
  }

  bool ReadOneSearch(const Node& node, const StudyArm& arm) const {
    const bool one = node.AsBool();
    if (one && arm.random > 0) node.Fail("an arm with 'random' makes no search");
    if (one && study_.budgets.size() < 2)
      node.Fail("it is for several 'budgets', of which the study has " + std::to_string(study_.budgets.size()));
    return one;
  }

  void ReadCost(const Node& node) {
    StudyCost cost;
    cost.images = node.Key("images").AsInt(1, static_cast<int64_t>(kMostImages));
    cost.training_images = cost.images;
    if (const auto images = node.Find("training_images"))
      cost.training_images = images->AsInt(1, static_cast<int64_t>(kMostImages));
    const auto rate = node.Find("macs_per_second");
    if (rate) cost.macs_per_second = ReadRate(*rate);
    const auto device = node.Find("device");
    if (device) cost.device = device->AsText();
    if (device.has_value() != rate.has_value())
      node.Fail("'device' and 'macs_per_second' belong together: whose hours, and how many it computes in a second");
    if (const auto devices = node.Find("devices")) cost.devices = devices->AsInt(1, kMostDevices);
    study_.cost = cost;
  }

  static double ReadRate(const Node& node) {
    double rate = 0;
    try {
      rate = node.IsText() ? ParseCount(node.AsText()) : node.AsDouble();
    } catch (const ConfigError& error) {
      node.Fail(error.what());
    }
    if (rate <= 0) node.Fail("found " + node.Found() + ", expected a rate above 0");
    return rate;
  }

  static double ReadPercent(const Node& node) {
    std::string text = node.AsText();
    if (!text.ends_with('%')) node.Fail("found " + node.Found() + ", expected a percentage such as \"5%\"");
    text.pop_back();
    double percent = 0;
    try {
      percent = ParseCount(text);
    } catch (const ConfigError& error) {
      node.Fail(error.what());
    }
    if (percent > 100) node.Fail("found " + node.Found() + ", expected at most 100%");
    return percent;
  }

  size_t ArmOf(const Node& node) const {
    std::vector<std::string> names;
    for (const StudyArm& arm : study_.arms) names.push_back(arm.name);
    const std::string name = node.AsOneOf(names);
    return static_cast<size_t>(std::ranges::find(names, name) - names.begin());
  }

  void CheckNear(const Node& node) const {
    if (study_.arms[ArmOf(node)].random > 0)
      node.Fail("'" + node.AsText() + "' is itself drawn at random; name an arm that searches");
  }

  void ReadOutcome(const Node& node) {
    const auto truth = node.Find("truth"), finetune = node.Find("finetune");
    if (truth.has_value() == finetune.has_value()) node.Fail("expected either 'truth' (a table) or 'finetune'");
    if (truth) study_.outcome.truth = BesideOrHere(study_.file, truth->AsText());
    if (finetune) study_.outcome.settings = ReadSettings(*finetune, {"seed"});
  }

  Node root_;
  Study study_;
};

}  // namespace

bool Sets(const Settings& settings, const std::string& key) {
  return std::ranges::any_of(
      settings, [&](const std::string& text) { return text.starts_with(key.ends_with('.') ? key : key + "="); });
}

Study ReadStudy(const std::string& name_or_path) {
  const fs::path file = FindShippedFile("studies", name_or_path);
  const Document document = Document::Read(file);
  Study study = StudyReader(document, file).Read();
  document.RejectUnreadKeys();
  return study;
}

fs::path FolderOfShared(const fs::path& study_folder, const std::string& name) {
  return study_folder / kSharedFolder / name;
}

std::string Expanded(std::string text, const fs::path& study_folder) {
  for (size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
    const size_t end = text.find('}', at);
    const std::string name = text.substr(at + 2, end - at - 2);
    const std::string path = name == kStudyFolder ? study_folder.string() : FolderOfShared(study_folder, name).string();
    text.replace(at, end + 1 - at, path);
    at += path.size();
  }
  return text;
}

}  // namespace danas
