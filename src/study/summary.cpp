#include "danas/study/summary.h"

#include <functional>
#include <map>

namespace danas {
namespace {

using Results = std::vector<std::optional<TrialResult>>;
using BySeed = std::map<int64_t, double>;
using Reading = std::function<double(const TrialResult&)>;

// One arm's trials; `budget`: of one budget alone.
class ArmTrials {
 public:
  ArmTrials(const StudyPlan& plan, const Results& results, size_t arm, std::optional<size_t> budget) {
    std::map<int64_t, size_t> wanted;
    for (size_t i = 0; i < plan.trials.size(); ++i) {
      const StudyTrial& trial = plan.trials[i];
      if (trial.arm != arm || (budget && trial.budget != budget)) continue;
      ++wanted[trial.seed];
      if (results[i]) found_[trial.seed].push_back(&*results[i]);
    }
    wanted_ = static_cast<int64_t>(wanted.size());
    std::erase_if(found_, [&](const auto& seed) { return seed.second.size() < wanted.at(seed.first); });
  }

  int64_t wanted() const { return wanted_; }

  // Each seed's mean over its budgets.
  BySeed Values(const Reading& read) const {
    BySeed values;
    for (const auto& [seed, results] : found_) {
      double sum = 0;
      for (const TrialResult* result : results) sum += read(*result);
      values[seed] = sum / static_cast<double>(results.size());
    }
    return values;
  }

 private:
  std::map<int64_t, std::vector<const TrialResult*>> found_;
  int64_t wanted_ = 0;
};

std::vector<double> ValuesOf(const BySeed& by_seed) {
  std::vector<double> values;
  for (const auto& [seed, value] : by_seed) values.push_back(value);
  return values;
}

struct Pairs {
  std::vector<double> a, b;
};

Pairs Paired(const BySeed& a, const BySeed& b) {
  Pairs pairs;
  for (const auto& [seed, value] : a) {
    const auto other = b.find(seed);
    if (other == b.end()) continue;
    pairs.a.push_back(value);
    pairs.b.push_back(other->second);
  }
  return pairs;
}

std::optional<double> RatioOfMeans(const BySeed& a, const BySeed& b) {
  const Pairs pairs = Paired(a, b);
  const double below = MeanOf(pairs.b).mean, ratio = MeanOf(pairs.a).mean / below;
  return below > 0 ? std::optional(ratio) : std::nullopt;
}

double Accuracy(const TrialResult& result) { return 100 * result.accuracy; }
double Macs(const TrialResult& result) { return result.finding.macs; }
double Hours(const TrialResult& result) { return result.finding.seconds / 3600; }

ArmSummary SummarizeArm(const std::string& name, const ArmTrials& trials, bool with_truth) {
  const auto mean = [&](const Reading& read) { return MeanOf(ValuesOf(trials.Values(read))); };
  ArmSummary summary;
  summary.arm = name;
  summary.wanted = trials.wanted();
  summary.accuracy = mean(Accuracy);
  summary.cost = mean([](const TrialResult& result) { return result.cost; });
  summary.macs = mean(Macs);
  summary.hours = mean(Hours);
  if (with_truth) {
    summary.budget_share = mean([](const TrialResult& result) { return 100 * result.truth->budget_share; });
    summary.band_share = mean([](const TrialResult& result) { return 100 * result.truth->band_share; });
    summary.regret = mean([](const TrialResult& result) { return 100 * result.truth->regret; });
  }
  return summary;
}

std::optional<size_t> RandomArm(const Study& study) {
  for (size_t a = 0; a < study.arms.size(); ++a) {
    if (study.arms[a].random == 1) return a;
  }
  return std::nullopt;
}

BudgetSummary SummarizeBudget(const Study& study, const StudyPlan& plan, const Results& results,
                              std::optional<size_t> budget) {
  BudgetSummary summary{.budget = budget ? study.budgets[*budget].text : std::string(), .arms = {}};
  std::vector<ArmTrials> trials;
  for (size_t a = 0; a < study.arms.size(); ++a) trials.emplace_back(plan, results, a, budget);
  const ArmTrials& against = trials[study.against];
  const std::optional<size_t> random = RandomArm(study);
  for (size_t a = 0; a < study.arms.size(); ++a) {
    ArmSummary arm = SummarizeArm(study.arms[a].name, trials[a], !study.outcome.truth.empty());
    arm.macs_ratio = RatioOfMeans(trials[a].Values(Macs), against.Values(Macs));
    arm.hours_ratio = RatioOfMeans(trials[a].Values(Hours), against.Values(Hours));
    if (a != study.against) {
      const Pairs pairs = Paired(trials[a].Values(Accuracy), against.Values(Accuracy));
      arm.against = Compare(pairs.a, pairs.b);
    }
    if (random && a != *random) {
      const Pairs pairs = Paired(trials[a].Values(Accuracy), trials[*random].Values(Accuracy));
      arm.improvement = RelativeImprovement(pairs.a, pairs.b);
    }
    summary.arms.push_back(std::move(arm));
  }
  std::vector<PairedDifference*> family;
  for (ArmSummary& arm : summary.arms) {
    if (arm.against) family.push_back(&*arm.against);
  }
  AdjustByHolm(std::move(family));
  return summary;
}

Json JsonOf(const MeanInterval& value) {
  return {{"seeds", value.count},
          {"mean", value.mean},
          {"standard_deviation", value.deviation},
          {"half_interval", value.half ? Json(*value.half) : Json()}};
}

Json JsonOf(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json JsonOf(const ArmSummary& arm, bool with_truth) {
  Json json = {{"arm", arm.arm}, {"seeds_wanted", arm.wanted}, {"top1_percent", JsonOf(arm.accuracy)}};
  if (with_truth) {
    json["better_in_budget_percent"] = JsonOf(arm.budget_share);
    json["better_in_band_percent"] = JsonOf(arm.band_share);
    json["regret_points"] = JsonOf(arm.regret);
  }
  json["cost"] = JsonOf(arm.cost);
  json["macs_passed"] = JsonOf(arm.macs);
  json["hours"] = JsonOf(arm.hours);
  json["macs_ratio"] = JsonOf(arm.macs_ratio);
  json["hours_ratio"] = JsonOf(arm.hours_ratio);
  if (arm.against) {
    json["against"] = {{"difference_points", JsonOf(arm.against->difference)},
                       {"p", JsonOf(arm.against->p)},
                       {"p_holm", JsonOf(arm.against->p_holm)},
                       {"detectable_points", JsonOf(arm.against->detectable)}};
  }
  if (arm.improvement) json["relative_improvement_percent"] = JsonOf(*arm.improvement);
  return json;
}

Json JsonOf(const StudyTrial& trial, const TrialResult& result, const Study& study) {
  Json json = {{"arm", study.arms[trial.arm].name}, {"seed", trial.seed}};
  if (trial.budget) json["budget"] = study.budgets[*trial.budget].text;
  json.update({{"network", result.network}, {"cost", result.cost}, {"top1", result.accuracy}});
  if (result.truth) {
    json["better_in_budget"] = result.truth->budget_share;
    json["better_in_band"] = result.truth->band_share;
    json["regret"] = result.truth->regret;
  }
  json.update({{"macs_passed", result.finding.macs},
               {"macs_planned", result.finding.planned},
               {"seconds", result.finding.seconds}});
  return json;
}

}  // namespace

StudySummary Summarize(const Study& study, const StudyPlan& plan, const Results& results) {
  StudySummary summary{.budgets = {}, .against = study.arms[study.against].name, .random = {}, .notes = {}};
  if (const auto random = RandomArm(study)) summary.random = study.arms[*random].name;
  summary.with_truth = !study.outcome.truth.empty();
  summary.budgets.push_back(SummarizeBudget(study, plan, results, std::nullopt));
  for (size_t b = 0; study.budgets.size() > 1 && b < study.budgets.size(); ++b) {
    summary.budgets.push_back(SummarizeBudget(study, plan, results, b));
  }
  if (study.budgets.size() == 1) summary.budgets.front().budget = study.budgets.front().text;
  for (const auto& result : results) summary.planned = summary.planned || (result && result->finding.planned);
  return summary;
}

Json ToJson(const StudySummary& summary, const Study& study, const StudyPlan& plan, const Results& results) {
  Json json = {{"format_version", 1},
               {"name", study.name},
               {"about", study.about},
               {"outcome", study.outcome.truth.empty() ? "finetune" : study.outcome.truth.string()},
               {"against", summary.against},
               {"random", summary.random},
               {"notes", summary.notes},
               {"summaries", Json::array()},
               {"trials", Json::array()}};
  for (const BudgetSummary& budget : summary.budgets) {
    Json part = {{"budget", budget.budget}, {"arms", Json::array()}};
    for (const ArmSummary& arm : budget.arms) part["arms"].push_back(JsonOf(arm, summary.with_truth));
    json["summaries"].push_back(std::move(part));
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i]) json["trials"].push_back(JsonOf(plan.trials[i], *results[i], study));
  }
  return json;
}

}  // namespace danas
