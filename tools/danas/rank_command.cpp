// danas rank: networks of a search's space, scored with the search's trained supernet.
#include <ATen/ATen.h>

#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "asked_networks.h"
#include "danas/arch/network_name.h"
#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/rank_part.h"
#include "danas/core/softmax.h"
#include "danas/core/units.h"
#include "danas/easiness/truth_agreement.h"
#include "danas/easiness/truth_table.h"
#include "danas/report/ranking_text.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/search/untrained_score.h"
#include "on_ranks.h"
#include "rank_options.h"
#include "run_reports.h"
#include "scored_networks.h"
#include "searched_run.h"

namespace danas {
namespace {

constexpr int64_t kResamples = 1000;

// Trained networks of --truth, if it is given.
using Truth = std::vector<TrainedNetwork>;

Truth ReadTruth(const RankOptions& options, const SearchSpace& space) {
  if (options.truth.empty()) {
    if (!options.budgets.empty()) throw UsageError("--budget requires --truth. See danas rank --help");
    return {};
  }
  return ReadTruthTable(options.truth, space);
}

// All of the band, or --sample of it.
Networks NetworksOf(const RankOptions& options, const CostTable& costs, const CostBand& band) {
  Networks networks =
      options.sample > 0 ? SampleNetworks(costs, band, options.sample, options.seed) : EveryNetwork(costs, band);
  if (!networks.empty()) return networks;
  const auto text = [&](double cost) { return FormatCostNumber(cost, costs.unit); };
  throw ConfigError("no network costs " + text(band.low) + " to " + FormatCost(band.high, costs.unit) +
                    "; the space ranges from " + text(costs.Least()) + " to " + text(costs.Most()) +
                    NearestLevelsText(costs, band.low, band.high) + ". Widen --band");
}

Networks AskedNetworks(const RankOptions& options, const SearchedRun& run, const CostTable& costs, const Truth& truth) {
  if (!options.archs.empty()) return ReadNetworks(options.archs, run.space());
  const bool banded = options.band >= 0;
  if (!options.all && options.sample == 0 && !banded) {
    if (truth.empty()) {
      throw UsageError("one of --archs, --all, --sample, --band and --truth is required. See danas rank --help");
    }
    Networks networks;
    for (const TrainedNetwork& trained : truth) networks.push_back(trained.network);
    return networks;
  }
  if (!banded) return NetworksOf(options, costs, {costs.Least(), costs.Most()});
  Networks networks;
  for (const double budget : TargetsOf(run.config.search)) {
    const Networks of_budget = NetworksOf(options, costs, {budget * (1 - options.band), budget * (1 + options.band)});
    networks.insert(networks.end(), of_budget.begin(), of_budget.end());
  }
  return networks;
}

// A network that is listed twice counts once.
Networks WithoutEquals(const Networks& networks) {
  std::set<std::vector<size_t>> seen;
  Networks different;
  for (const std::vector<size_t>& network : networks) {
    if (seen.insert(network).second) different.push_back(network);
  }
  return different;
}

ScoredNetworks ScoreByCost(const RankOptions& options, const SearchSpace& space, const Networks& networks) {
  const CostTable costs =
      MakeCostTable(*(options.search.score == "macs" ? MakeMacsModel() : MakeParametersModel()), space);
  ScoredNetworks scored{.networks = networks};
  for (const std::vector<size_t>& network : networks) scored.scores.push_back(costs.OfNetwork(network));
  return scored;
}

ScoredNetworks ScoreByState(const RankOptions& options, const SearchedRun& run, const Networks& networks,
                            const Call& call, Ranks& ranks) {
  const at::Device device = OpenRankDevice(run.config, ranks);
  const SavedState& state = StateWithAll(run, networks, ranks);
  ScoredNetworks scored{.networks = networks, .state = state};
  log::info("scoring {} networks with {}, {}", networks.size(), state.checkpoint.files.manifest.string(), state.when);
  const LoadedState loaded = LoadState(state, run.config, device);
  Networks there;
  for (const std::vector<size_t>& network : networks) there.push_back(*NetworkIn(run.space(), network, state.space));
  if (options.search.score == "alpha") {
    std::vector<std::vector<double>> ln_p_lc;
    for (const std::vector<double>& alpha_c : loaded.alpha_lc) ln_p_lc.push_back(LogSoftmax(alpha_c));
    scored.scores = TotalsOf(ln_p_lc, there);
    return scored;
  }
  const SubnetScorer scorer = MakeScorer(run, state, loaded.supernet, OpenRunImages(run, ranks), device, ranks);
  RunReports reports(nullptr, run.config, VerbosityOf(call, ranks));
  scored.subnets = scorer.Score(there, {.progress = reports.progress()});
  scored.images = scorer.images();
  scored.scores = ScoresOf(scored.subnets);
  return scored;
}

// NASWOT and ZiCo: no state of the search, but its images.
ScoredNetworks ScoreUntrained(const RankOptions& options, const SearchedRun& run, const Networks& networks,
                              const Call& call, Ranks& ranks) {
  const at::Device device = OpenRankDevice(run.config, ranks);
  const std::vector<Batch> batches = UntrainedBatches(run, OpenRunImages(run, ranks), device);
  RunReports reports(nullptr, run.config, VerbosityOf(call, ranks));
  const int classes = run.space().classes();
  const RankPart own = PartOfRank(std::ssize(networks), ranks.rank(), ranks.count());
  const at::Tensor score_k = at::zeros({std::ssize(networks)}, at::kDouble);
  for (int64_t k = own.first; k < own.last; ++k) {
    ThrowIfInterrupted();
    const auto network = MakeUntrained(run.space().Select(networks[static_cast<size_t>(k)]), run.config, device);
    score_k[k] = options.search.score == "naswot" ? NaswotScore(*network, batches.front().images)
                                                  : ZicoScore(*network, batches, classes);
    if (reports.progress()->Due()) {
      reports.progress()->Show({.label = options.search.score, .done = k - own.first, .total = own.size()});
    }
  }
  ranks.Sum(score_k);
  ScoredNetworks scored{.networks = networks};
  scored.scores.assign(score_k.const_data_ptr<double>(), score_k.const_data_ptr<double>() + score_k.numel());
  return scored;
}

ScoredNetworks ScoreAll(const RankOptions& options, const SearchedRun& run, const Networks& networks, const Call& call,
                        Ranks& ranks) {
  if (options.search.score == "macs" || options.search.score == "parameters")
    return ScoreByCost(options, run.space(), networks);
  if (options.search.score == "naswot" || options.search.score == "zico")
    return ScoreUntrained(options, run, networks, call, ranks);
  return ScoreByState(options, run, networks, call, ranks);
}

std::vector<double> BudgetsOf(const RankOptions& options, const SearchConfig& search) {
  std::vector<double> budgets;
  if (options.budgets.empty()) {
    for (const double target : TargetsOf(search)) budgets.push_back(LargestCost(WithBudget(search, target)));
  }
  for (const std::string& text : options.budgets) budgets.push_back(ParseCount(text));
  return budgets;
}

TruthOfRanking CompareRanking(const RankOptions& options, const SearchConfig& search, const NetworkRanking& ranking) {
  ScoredTruth known;
  for (const RankedNetwork& network : ranking.networks) {
    if (!network.trained) continue;
    known.score.push_back(network.score);
    known.accuracy.push_back(*network.trained);
    known.cost.push_back(network.cost);
  }
  if (known.score.size() < 2) {
    throw ConfigError(options.truth + " contains " + std::to_string(known.score.size()) +
                      " of the scored networks; a comparison needs at least two");
  }
  return {.file = options.truth,
          .unknown = std::ssize(ranking.networks) - std::ssize(known.score),
          .agreement = CompareWithTruth(known, BudgetsOf(options, search), kResamples, options.seed)};
}

void AddTrained(const Truth& truth, NetworkRanking& ranking) {
  std::map<std::string, double> trained;
  for (const TrainedNetwork& network : truth) trained[NetworkName(network.network)] = network.accuracy();
  for (RankedNetwork& network : ranking.networks) {
    if (const auto found = trained.find(network.name); found != trained.end()) network.trained = found->second;
  }
}

int RankOnRank(const RankOptions& options, const Call& call, Ranks& ranks) {
  const SearchedRun run = OpenSearchedRun(options.search, ranks);
  const CostTable costs = MakeCostTable(*run.cost, run.space());
  const Truth truth = ReadTruth(options, run.space());
  const Networks networks = WithoutEquals(AskedNetworks(options, run, costs, truth));
  const ScoredNetworks scored = ScoreAll(options, run, networks, call, ranks);
  if (!ranks.first()) return 0;
  NetworkRanking ranking = OrderNetworks(scored, run, options.search.score);
  if (!truth.empty()) {
    AddTrained(truth, ranking);
    ranking.truth = CompareRanking(options, run.config.search, ranking);
  }
  std::cout << (options.json ? JsonText(RankingJson(ranking), 2) + "\n" : RankingText(ranking));
  return 0;
}

}  // namespace

int RunCommand(const RankOptions& options, const Call& call) {
  return OnRanks({.config = options.search.config, .runs = {options.search.run}},
                 [&](Ranks& ranks) { return RankOnRank(options, call, ranks); });
}

}  // namespace danas
