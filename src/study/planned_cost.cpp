#include "danas/study/planned_cost.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "danas/core/error.h"
#include "danas/core/pass_work.h"
#include "danas/core/units.h"
#include "danas/report/text_table.h"

extern char** environ;

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr double kSecondsOfHour = 3600;

// A child process's standard output, and how it ended.
class Child {
 public:
  Child(const fs::path& program, std::vector<std::string> words) {
    words.insert(words.begin(), program.string());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) Fail(program, errno);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const int error = ::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ends[0];
    if (error != 0) Fail(program, error);
  }
  ~Child() { ::close(output_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::string Read() const {
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t count = ::read(output_, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return text;
      text.append(buffer.data(), static_cast<size_t>(count));
    }
  }

  // The exit code, 128 + signal where one ended it.
  int Wait() const {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  [[noreturn]] static void Fail(const fs::path& program, int error) {
    throw FileError("cannot start " + program.string() + ": " + std::strerror(error));
  }

  pid_t process_ = 0;
  int output_ = -1;
};

// "danas search ..." as its plan without the dataset.
std::vector<std::string> PlanWords(const StudyStep& search, int64_t images) {
  std::vector<std::string> words;
  for (size_t i = 0; i < search.words.size(); ++i) {
    const std::string& word = search.words[i];
    if (word == "--data" || word == "--run" || word == "--resume") {
      ++i;  // its value
    } else {
      words.push_back(word);
    }
  }
  words.insert(words.end(), {"--dry-run", "--images", std::to_string(images), "--json", "--quiet"});
  return words;
}

double PlannedMacs(const StudyStep& search, int64_t images, const fs::path& program) {
  const Child child(program, PlanWords(search, images));
  const std::string text = child.Read();
  const int code = child.Wait();
  const auto fail = [&](const std::string& what) {
    throw ConfigError("'" + search.name + "' cannot be planned: danas search --dry-run " + what);
  };
  if (code != 0) fail("ended with exit code " + std::to_string(code) + "; its message is above");
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("macs") || !json.at("macs").is_number()) fail("did not say its MACs");
  return json.at("macs").get<double>();
}

double TrainingMacs(const StudyStep& training, const SearchConfig& search, int64_t images) {
  if (search.cost != CostKind::kMacs) return std::numeric_limits<double>::quiet_NaN();
  const auto epochs = training.asked.at("config").at("finetune").at("epochs").get<double>();
  return kTrainingPassWork * search.budget.value * epochs * static_cast<double>(images);
}

// NaN where it is not known.
double Hours(double macs, const StudyCost& cost) {
  if (cost.macs_per_second == 0) return std::numeric_limits<double>::quiet_NaN();
  return macs / cost.macs_per_second / kSecondsOfHour;
}

std::string HoursText(double macs, const StudyCost& cost) {
  const double hours = Hours(macs, cost);
  return std::isnan(hours) ? "-" : FormatDecimals(hours, hours < 10 ? 2 : 0);
}

// A search on ImageNet takes more than FormatCount() has names for.
std::string MacsText(double macs) {
  constexpr double kPeta = 1e15;
  if (!(macs > 0)) return "-";
  return macs < kPeta ? FormatCount(macs) : FormatDecimals(macs / kPeta, 1) + "P";
}

}  // namespace

std::vector<ArmCost> PlanCosts(const Study& study, const StudyPlan& plan, const fs::path& program) {
  const StudyCost& asked = study.cost.value();
  std::vector<ArmCost> costs(study.arms.size());
  std::map<std::pair<size_t, std::optional<size_t>>, double> planned;  // seeds change nothing
  std::set<size_t> counted;                                            // searches that several trials share
  for (const StudyTrial& trial : plan.trials) {
    const StudyArm& arm = study.arms[trial.arm];
    ArmCost& cost = costs[trial.arm];
    for (const size_t training : trial.trainings) {
      ++cost.trainings;
      cost.training_macs += TrainingMacs(plan.steps[training], trial.config.search, asked.training_images);
    }
    if (!trial.search || !counted.insert(*trial.search).second) continue;
    const auto key = std::pair(trial.arm, arm.one_search ? std::nullopt : trial.budget);
    auto known = planned.find(key);
    if (known == planned.end()) {
      const int64_t images = arm.images > 0 ? arm.images : asked.images;
      known = planned.emplace(key, PlannedMacs(plan.steps[*trial.search], images, program)).first;
    }
    ++cost.searches;
    cost.search_macs += known->second;
  }
  return costs;
}

std::string CostsText(const std::vector<ArmCost>& costs, const Study& study) {
  const StudyCost& asked = study.cost.value();
  const std::string hours = asked.device.empty() ? "hours" : asked.device + " hours";
  TextTable table({{"arm"},
                   {"searches", Align::kRight},
                   {"MACs each", Align::kRight},
                   {hours + " each", Align::kRight},
                   {"of " + study.arms[study.against].name, Align::kRight},
                   {"trainings", Align::kRight},
                   {"MACs, all", Align::kRight},
                   {hours + ", all", Align::kRight}});
  const double base = costs[study.against].EachSearch();
  double all = 0;
  for (size_t a = 0; a < costs.size(); ++a) {
    const ArmCost& cost = costs[a];
    const double each = cost.EachSearch(), total = cost.All();
    all += total;
    table.AddRow({study.arms[a].name, std::to_string(cost.searches), MacsText(each),
                  cost.searches > 0 ? HoursText(each, asked) : "-",
                  base > 0 && each > 0 ? FormatDecimals(each / base, 2) : "-", std::to_string(cost.trainings),
                  MacsText(total), total > 0 ? HoursText(total, asked) : "-"});
  }
  std::string text = "planned cost, forward and backward, for " + FormatThousands(asked.images) +
                     " training images:\n\n" + table.Text() + "\n";
  if (asked.macs_per_second > 0) {
    text += "hours: at " + FormatCount(asked.macs_per_second) + " MACs a second on each " + asked.device + "; all " +
            HoursText(all, asked);
    if (asked.devices > 1) {
      text += ", or " + HoursText(all / static_cast<double>(asked.devices), asked) + " on " +
              std::to_string(asked.devices) + " at once";
    }
    text += "\n";
  }
  if (!study.prepare.empty()) text += "not counted: shared steps ('prepare')\n";
  return text;
}

Json ToJson(const std::vector<ArmCost>& costs, const Study& study) {
  Json json = Json::array();
  const auto number = [](double value) { return std::isnan(value) ? Json() : Json(value); };
  for (size_t a = 0; a < costs.size(); ++a) {
    const ArmCost& cost = costs[a];
    json.push_back({{"arm", study.arms[a].name},
                    {"searches", cost.searches},
                    {"search_macs", number(cost.search_macs)},
                    {"trainings", cost.trainings},
                    {"training_macs", number(cost.training_macs)},
                    {"hours", number(Hours(cost.All(), *study.cost))}});
  }
  return json;
}

}  // namespace danas
