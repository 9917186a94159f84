#include "finalists.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "danas/core/log.h"
#include "danas/core/pass_work.h"
#include "danas/nn/state.h"
#include "danas/run/device.h"
#include "danas/search/forward_macs.h"
#include "danas/search/make_plan.h"
#include "danas/tasks/make_task.h"
#include "danas/train/loaders.h"

namespace danas {
namespace {

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

// The first rank's: a fit may round otherwise on another machine.
std::vector<std::vector<size_t>> Finalists::Best() const {
  const SearchConfig& search = work_.config().search;
  const Branch& branch = work_.branch();
  const std::string text = work_.trained().inputs.ranks.FromFirst([&] {
    const ScoredRanking ranking = branch.final_scores.Ranked(branch.costs, search.final_effects);
    const bool fitted = ranking.effects != FinalEffects::kNone;
    if (!fitted && search.final_effects != FinalEffects::kNone && ranking.networks.size() > 1) {
      log::info(
          "{} networks are scored, but a fit of their candidates' effects needs more than {}: they are ranked by "
          "their own losses (search.final_effects)",
          ranking.networks.size(), MainEffects(branch.costs));
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

void Finalists::Score() {
  FinalScores& known = work_.branch().final_scores;
  const std::vector<std::vector<size_t>> finalists = Best();
  for (size_t f = 0; f < finalists.size(); ++f) {
    const std::vector<size_t>& choice = finalists[f];
    if (std::ranges::find(known.finalists, choice) != known.finalists.end()) continue;
    at::Tensor loss_1n;
    if (const auto before = before_.OfFinalist(work_.branch(), choice)) {
      loss_1n = before->loss_1n;
      known.finalist_accuracies.push_back(before->accuracy);
    } else {
      const SubnetScore score = ScoreOne(choice, static_cast<int64_t>(f) + 1, std::ssize(finalists));
      loss_1n = at::tensor(score.loss_n, at::kFloat).unsqueeze(0);
      known.finalist_accuracies.push_back(score.accuracy);
    }
    at::Tensor& all_fn = known.finalist_loss_fn;
    all_fn = all_fn.defined() ? at::cat({all_fn, loss_1n}) : loss_1n.clone();
    known.finalists.push_back(choice);
    work_.KeepIfDue();
  }
}

// A supernet of this one network with the supernet's weights, so that what it learns stays its own.
SubnetScore Finalists::ScoreOne(const std::vector<size_t>& choice, int64_t number, int64_t count) {
  const TrainedBranch& trained = work_.trained();
  const SearchInputs& inputs = trained.inputs;
  Config config = inputs.config;
  config.search.scoring.images = config.search.finalist_scoring_images;
  const std::string label = work_.LabelOf("finalist " + std::to_string(number) + "/" + std::to_string(count));
  const SearchSpace network = work_.branch().space().Select(choice);
  auto supernet = std::make_shared<Supernet>(network, SupernetOptions{.how = config.nn});
  MoveTo(*supernet, inputs.device, config.runtime);
  LoadState(*supernet, Among(StateOf(*supernet_), StateOf(*supernet)), label);
  const FinalPlan& plan = trained.course.plan.final;
  const double training = kTrainingPassWork * static_cast<double>(plan.finalist_training_images),
               training_share = training / (training + static_cast<double>(plan.finalist_images));
  const auto finalists = static_cast<double>(count);
  const PartOfRun part = work_.Part({work_.networks(), static_cast<double>(number - 1) / finalists},
                                    {work_.networks(), static_cast<double>(number) / finalists});
  const double training_macs = Train(*supernet, label, part.Within(0, training_share));
  const SubnetScorer scorer(supernet, work_.sets(), config, inputs.device, inputs.ranks);
  const std::vector<std::vector<size_t>> itself = {std::vector<size_t>(choice.size(), 0)};
  const std::vector<SubnetScore> scores = scorer.Score(itself, {.losses = ImageLosses::kGive,
                                                                .progress = trained.progress,
                                                                .label = label,
                                                                .run_share = part.Within(training_share, 1)});
  trained.run.passed.Add(SearchPart::kFinalists, training_macs + scorer.MacsOfScore(itself), work_.TakeSeconds());
  return scores.front();
}

// All finalists see the same images in the same order: what distinguishes them is the network alone.
double Finalists::Train(Supernet& network, const std::string& label, const PartOfRun& part) const {
  const TrainedBranch& trained = work_.trained();
  const SearchInputs& inputs = trained.inputs;
  const ScoringSets& sets = work_.sets();
  const Config& config = inputs.config;
  TrainConfig recipe = config.train;
  recipe.lr = config.search.finalist_lr;
  recipe.lr_min = 0;
  recipe.ema_decay = 0;
  const int64_t least_last = LeastLastBatch(recipe, inputs.ranks.count());
  std::vector<int64_t> images_of_pass;
  int64_t steps = 0;
  for (int64_t left = config.search.finalist_images; left > 0; left -= images_of_pass.back()) {
    images_of_pass.push_back(std::min(left, sets.training.size()));
    steps += BatchesOf(images_of_pass.back(), recipe.batch, least_last);
  }
  if (steps == 0) return 0;
  WeightTraining training(recipe, config.runtime, config.seed, RateSchedule(recipe, 0, steps), inputs.device,
                          {.ranks = inputs.ranks, .config = config.ranks, .paths_vary = false});
  training.Bind(network);
  const std::shared_ptr<const Task> task = MakeTask(config);
  const double image_macs = ForwardMacs(network.space()).Of({});
  const auto passes = static_cast<double>(images_of_pass.size());
  double macs = 0, passes_done = 0;
  int64_t pass = trained.run.state.passes;  // of the loader: none that the search has seen
  for (const int64_t images : images_of_pass) {
    Loader loader(EvenSample(sets.training, images, config.seed),
                  task->Frames(*sets.training.dataset, ImageUse::kTrain, inputs.space.input_channels()),
                  TrainingLoader(config, recipe, inputs.ranks), inputs.device);
    TrainWeightsPass(network, [&](const at::Tensor& image_nchw) { return network.forward(image_nchw); }, loader,
                     training, *task, sets.classes,
                     {.label = label + ", weights",
                      .epoch = pass++,
                      .progress = trained.progress,
                      .run_share = part.Within(passes_done / passes, (passes_done + 1) / passes)});
    macs += image_macs * static_cast<double>(loader.ImagesPerPass());
    ++passes_done;
  }
  return macs;
}

}  // namespace danas
