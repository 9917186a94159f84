#include "scored_choice.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>
#include <utility>

#include "danas/config/config_file.h"
#include "danas/core/log.h"
#include "danas/core/pass_work.h"
#include "danas/core/seconds_since.h"
#include "danas/cost/band_count.h"
#include "danas/cost/best_networks.h"
#include "danas/run/device.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/budgets.h"
#include "danas/search/forward_macs.h"
#include "danas/search/make_plan.h"
#include "danas/train/loaders.h"
#include "search_setup.h"

namespace danas {
namespace {

constexpr size_t kChunk = 128;  // networks scored between two looks at the clock

// What a score depends on beside weights, images and seed, none of which a fork can change.
std::string SettingsOf(const Config& config) {
  const Json all = ToJson(config);
  Json settings = {{"search", all.at("search")}, {"train", all.at("train")}};
  for (const char* key : {"mean", "std", "test_resize", "augment", "decode"}) settings[key] = all.at("data").at(key);
  return JsonText(settings);
}

// Those of `state` that `own` has, too.
NamedTensors Among(const NamedTensors& state, const NamedTensors& own) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : own) names.insert(name);
  NamedTensors among;
  for (const auto& entry : state) {
    if (names.contains(entry.first)) among.push_back(entry);
  }
  return among;
}

}  // namespace

ScoredChoice::ScoredChoice(const SearchInputs& inputs, const SearchCourse& course, SearchRun& run, size_t branch,
                           ProgressSink* progress, CheckpointKeeper* keeper)
    : inputs_(inputs),
      course_(course),
      run_(run),
      branch_(run.state.branches.at(branch)),
      progress_(progress),
      keeper_(keeper),
      supernet_(PartOf(SupernetToScore(inputs, run.state), branch_)),
      branch_number_(branch),
      field_(FieldOf(inputs.config.search, branch_.costs, branch_.alpha.moments().steps > 0)) {
  const int classes = course.plan.phases.back().phase.classes;
  sets_ = {.validation = EasiestClasses(course.split.architecture, course.order, classes),
           .training = EasiestClasses(course.split.weights, course.order, classes),
           .classes = classes};
  const std::string settings = SettingsOf(inputs.config);
  FinalScores& known = branch_.final_scores;
  if (known.settings != settings) {
    if (!known.losses.empty()) log::info("the final choice starts again: its scores were made with other settings");
    known = {.settings = settings};
  }
  // Those of the branches before, whose final choices are over, stand for this one's too.
  for (size_t b = 0; b < branch; ++b) {
    const Branch& other = run.state.branches[b];
    const FinalScores& scores = other.final_scores;
    for (size_t n = 0; n < scores.networks.size(); ++n) scored_before_[InSupernet(other, scores.networks[n])] = {b, n};
    for (size_t f = 0; f < scores.finalists.size(); ++f) {
      finalists_before_[InSupernet(other, scores.finalists[f])] = {b, f};
    }
  }
  if (field_.band.low < LeastCost(inputs.config.search)) {
    log::info("{}none of the networks left costs as much as {}; those up to {} are scored",
              branch_.budget.empty() ? "" : "budget " + branch_.budget + ": ",
              branch_.budget.empty() ? "search.budget_min" : "0.95 of it",
              branch_.budget.empty() ? "search.budget_max" : "1.02 of it");
  }
}

FinalChoice ScoredChoice::Choose() {
  ScoreNetworks();
  ScoreFinalists();
  FinalChoice choice = ChooseNetwork(branch_.alpha.Values(), branch_.costs, LargestCost(inputs_.config.search));
  choice.choice = branch_.final_scores.RankedFinalists(branch_.costs).front().choice;
  choice.cost = branch_.costs.OfNetwork(choice.choice);
  choice.bounded_by_budget = false;
  choice.scored = field_;
  return choice;
}

void ScoredChoice::ScoreNetworks() {
  const SearchConfig& search = inputs_.config.search;
  const auto most = static_cast<size_t>(search.final_networks);
  switch (field_.source) {
    case ScoredSource::kWholeBand:
      return ScoreList(AllNetworks(branch_.costs, field_.band, most));
    case ScoredSource::kBest: {
      std::vector<std::vector<size_t>> best =
          BestNetworks(branch_.costs, LogProbabilities(branch_.alpha.Values()), field_.band, most);
      std::ranges::sort(best);  // neighbours share their first layers
      return ScoreList(best);
    }
    case ScoredSource::kEvolution:
      return ScoreByEvolution();
  }
}

void ScoredChoice::ScoreOneChunk(const SubnetScorer& scorer, const std::vector<std::vector<size_t>>& chunk,
                                 const std::string& label) {
  FinalScores& known = branch_.final_scores;
  std::vector<std::vector<size_t>> unknown;
  for (const std::vector<size_t>& network : chunk) {
    if (!scored_before_.contains(InSupernet(branch_, network))) unknown.push_back(network);
  }
  const auto scored = static_cast<double>(known.losses.size()), more = static_cast<double>(chunk.size());
  std::vector<SubnetScore> scores;
  if (!unknown.empty()) {
    scores = scorer.Score(
        unknown, {.progress = progress_, .label = LabelOf(label), .run_share = Part({scored, 0}, {scored + more, 0})});
  }
  auto next = scores.begin();
  for (const std::vector<size_t>& network : chunk) {
    known.networks.push_back(network);
    if (const auto before = scored_before_.find(InSupernet(branch_, network)); before != scored_before_.end()) {
      const FinalScores& there = run_.state.branches[before->second.branch].final_scores;
      known.losses.push_back(there.losses[before->second.place]);
      known.accuracies.push_back(there.accuracies[before->second.place]);
      continue;
    }
    known.losses.push_back(next->loss);
    known.accuracies.push_back(next->accuracy);
    ++next;
  }
  run_.passed.Add(SearchPart::kScoring, scorer.MacsOfScore(unknown), TakeSeconds());
  KeepIfDue();
}

void ScoredChoice::ScoreList(const std::vector<std::vector<size_t>>& networks) {
  const FinalScores& known = branch_.final_scores;
  to_score_ = static_cast<double>(networks.size());
  if (known.losses.size() >= networks.size()) return;
  const SubnetScorer scorer(supernet_, sets_, inputs_.config, inputs_.device, inputs_.ranks);
  for (size_t done = known.losses.size(); done < networks.size(); done = known.losses.size()) {
    const size_t end = std::min(networks.size(), done + kChunk);
    ScoreOneChunk(
        scorer,
        {networks.begin() + static_cast<std::ptrdiff_t>(done), networks.begin() + static_cast<std::ptrdiff_t>(end)},
        "scoring networks " + std::to_string(done + 1) + " to " + std::to_string(end) + " of " +
            std::to_string(networks.size()));
  }
}

// The evolution is a function of the losses so far, and so needs no state of its own.
void ScoredChoice::ScoreByEvolution() {
  const SearchConfig& search = inputs_.config.search;
  FinalScores& known = branch_.final_scores;
  to_score_ = static_cast<double>(search.evolution.generations * search.evolution.population);
  Evolution evolution(branch_.costs, field_.band, search.evolution, inputs_.config.seed);
  for (size_t told = 0; told < known.losses.size();) {
    const size_t count = std::min(known.losses.size() - told, evolution.waiting().size());
    const auto begin = known.losses.begin() + static_cast<std::ptrdiff_t>(told);
    evolution.Hand({begin, begin + static_cast<std::ptrdiff_t>(count)});
    told += count;
  }
  if (evolution.over()) return;
  const SubnetScorer scorer(supernet_, sets_, inputs_.config, inputs_.device, inputs_.ranks);
  while (!evolution.over()) {
    const std::vector<std::vector<size_t>> chunk = evolution.waiting();
    const size_t before = known.losses.size();
    ScoreOneChunk(scorer, chunk,
                  "evolution, generation " + std::to_string(evolution.generation()) + "/" +
                      std::to_string(search.evolution.generations));
    evolution.Hand({known.losses.begin() + static_cast<std::ptrdiff_t>(before), known.losses.end()});
  }
}

// The first rank's: a fit may round otherwise on another machine.
std::vector<std::vector<size_t>> ScoredChoice::Finalists() const {
  const SearchConfig& search = inputs_.config.search;
  const std::string text = inputs_.ranks.FromFirst([&] {
    const ScoredRanking ranking = branch_.final_scores.Ranked(branch_.costs, search.final_effects);
    const bool fitted = ranking.effects != FinalEffects::kNone;
    if (!fitted && search.final_effects != FinalEffects::kNone && ranking.networks.size() > 1) {
      log::info(
          "{} networks are scored, but a fit of their candidates' effects needs more than {}: they are ranked by "
          "their own losses (search.final_effects)",
          ranking.networks.size(), MainEffects(branch_.costs));
    }
    const auto finalists = static_cast<size_t>(FinalistsOf(search, fitted));
    Json choices = Json::array();
    for (size_t n = 0; n < std::min(finalists, ranking.networks.size()); ++n) {
      choices.push_back(ranking.networks[n].choice);
    }
    return choices.dump();
  });
  return Json::parse(text);
}

void ScoredChoice::ScoreFinalists() {
  FinalScores& known = branch_.final_scores;
  const std::vector<std::vector<size_t>> finalists = Finalists();
  for (size_t f = 0; f < finalists.size(); ++f) {
    const std::vector<size_t>& choice = finalists[f];
    if (std::ranges::find(known.finalists, choice) != known.finalists.end()) continue;
    at::Tensor loss_1n;
    if (const auto before = finalists_before_.find(InSupernet(branch_, choice)); before != finalists_before_.end()) {
      const FinalScores& there = run_.state.branches[before->second.branch].final_scores;
      loss_1n = there.finalist_loss_fn.narrow(0, static_cast<int64_t>(before->second.place), 1);
      known.finalist_accuracies.push_back(there.finalist_accuracies[before->second.place]);
    } else {
      const SubnetScore score = ScoreFinalist(choice, static_cast<int64_t>(f) + 1, std::ssize(finalists));
      loss_1n = at::tensor(score.loss_n, at::kFloat).unsqueeze(0);
      known.finalist_accuracies.push_back(score.accuracy);
    }
    at::Tensor& all_fn = known.finalist_loss_fn;
    all_fn = all_fn.defined() ? at::cat({all_fn, loss_1n}) : loss_1n.clone();
    known.finalists.push_back(choice);
    KeepIfDue();
  }
}

// A supernet of this one network with the supernet's weights, so that what it learns stays its own.
SubnetScore ScoredChoice::ScoreFinalist(const std::vector<size_t>& choice, int64_t number, int64_t count) {
  Config config = inputs_.config;
  config.search.scoring.images = config.search.finalist_scoring_images;
  const std::string label = LabelOf("finalist " + std::to_string(number) + "/" + std::to_string(count));
  const SearchSpace network = branch_.space().Select(choice);
  auto supernet = std::make_shared<Supernet>(network, SupernetOptions{.how = config.nn});
  MoveTo(*supernet, inputs_.device, config.runtime);
  LoadState(*supernet, Among(StateOf(*supernet_), StateOf(*supernet)), label);
  const FinalPlan& plan = course_.plan.final;
  const double training = kTrainingPassWork * static_cast<double>(plan.finalist_training_images),
               training_share = training / (training + static_cast<double>(plan.finalist_images));
  const auto finalists = static_cast<double>(count);
  const PartOfRun part = Part({to_score_, static_cast<double>(number - 1) / finalists},
                              {to_score_, static_cast<double>(number) / finalists});
  const double training_macs = TrainFinalist(*supernet, label, part.Within(0, training_share));
  const SubnetScorer scorer(supernet, sets_, config, inputs_.device, inputs_.ranks);
  const std::vector<std::vector<size_t>> itself = {std::vector<size_t>(choice.size(), 0)};
  SubnetScore score =
      scorer
          .Score(
              itself,
              {.losses = ImageLosses::kGive,
               .progress = progress_,
               .label = label,
               .run_share = part.Within(training_share, 1)})
          .front();
  run_.passed.Add(SearchPart::kFinalists, training_macs + scorer.MacsOfScore(itself), TakeSeconds());
  return score;
}

// All finalists see the same images in the same order: what distinguishes them is the network alone.
double ScoredChoice::TrainFinalist(Supernet& network, const std::string& label, const PartOfRun& part) const {
  const Config& config = inputs_.config;
  TrainConfig recipe = config.train;
  recipe.lr = config.search.finalist_lr;
  recipe.lr_min = 0;
  recipe.ema_decay = 0;
  const int64_t least_last = LeastLastBatch(recipe, inputs_.ranks.count());
  std::vector<int64_t> images_of_pass;
  int64_t steps = 0;
  for (int64_t left = config.search.finalist_images; left > 0; left -= images_of_pass.back()) {
    images_of_pass.push_back(std::min(left, sets_.training.size()));
    steps += BatchesOf(images_of_pass.back(), recipe.batch, least_last);
  }
  if (steps == 0) return 0;
  WeightTraining training(recipe, config.runtime, config.seed, CosineSchedule(recipe, 0, steps), inputs_.device,
                          {.ranks = inputs_.ranks, .config = config.ranks, .paths_vary = false});
  training.Bind(network);
  const double image_macs = ForwardMacs(network.space()).Of({});
  const auto passes = static_cast<double>(images_of_pass.size());
  double macs = 0, passes_done = 0;
  int64_t pass = run_.state.passes;  // of the loader: none that the search has seen
  for (const int64_t images : images_of_pass) {
    Loader loader(EvenSample(sets_.training, images, config.seed),
                  Transform(config.data, ImageUse::kTrain, config.seed, inputs_.space.input_channels()),
                  TrainingLoader(config, recipe, inputs_.ranks), inputs_.device);
    TrainWeightsPass(
        network, [&](const at::Tensor& image_nchw) { return network.forward(image_nchw); }, loader, training,
        sets_.classes,
        {.label = label + ", weights",
         .epoch = pass++,
         .progress = progress_,
         .run_share = part.Within(passes_done / passes, (passes_done + 1) / passes)});
    macs += image_macs * static_cast<double>(loader.ImagesPerPass());
    ++passes_done;
  }
  return macs;
}

PartOfRun ScoredChoice::Part(const Done& from, const Done& to) const {
  const FinalPlan& plan = course_.plan.final;
  const auto share = [&](const Done& done) {
    const double macs =
        done.networks / to_score_ * (plan.macs - plan.finalist_macs) + done.finalists * plan.finalist_macs;
    const double of_before = static_cast<double>(branch_number_) * plan.macs;
    return (run_.work.done + (of_before + macs) / static_cast<double>(run_.state.branches.size())) / run_.work.total;
  };
  return {.before = share(from), .part = share(to) - share(from)};
}

double ScoredChoice::TakeSeconds() {
  const auto now = std::chrono::steady_clock::now();
  return SecondsBetween(std::exchange(taken_, now), now);
}

std::string ScoredChoice::LabelOf(const std::string& what) const {
  return branch_.budget.empty() ? what : "budget " + branch_.budget + ", " + what;
}

void ScoredChoice::KeepIfDue() {
  if (keeper_ != nullptr && keeper_->Due()) keeper_->Keep();
}

}  // namespace danas
