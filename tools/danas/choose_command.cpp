// danas choose: the best network of a trained search for different limits.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <optional>

#include "choose_options.h"
#include "danas/arch/genotype.h"
#include "danas/arch/network_name.h"
#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/core/softmax.h"
#include "danas/core/units.h"
#include "danas/cost/limits.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/watch/choice_text.h"
#include "latency_phase.h"
#include "on_ranks.h"
#include "run_reports.h"
#include "scored_networks.h"
#include "searched_run.h"

namespace danas {
namespace {

constexpr int64_t kNetworksScored = 300;
constexpr int64_t kNetworksForAnEffect = 3;  // if a fit ranks them
// A state with fewer networks within the limits has pruned what they need: an older one is used.
constexpr size_t kLeastNetworks = 32;

struct Limit {
  std::string kind;
  std::shared_ptr<const CostModel> model;
  double most = 0;
};

// What a network may cost: within the band by the search's own cost, and within each limit.
struct Wish {
  CostBand band;
  double least_share = 1;     // of the band's high end
  std::vector<Limit> limits;  // the first is the budget
};

std::filesystem::path TableOf(const ChooseOptions& options, const SearchedRun& run) {
  return options.latency_table.empty() ? LatencyTableOf(run.config.search, run.folder)
                                       : std::filesystem::path(options.latency_table);
}

std::shared_ptr<const CostModel> ModelOf(const std::string& kind, const std::filesystem::path& table) {
  if (kind == "macs") return MakeMacsModel();
  if (kind == "parameters") return MakeParametersModel();
  if (kind == "memory") return MakeMemoryModel();
  if (kind != "latency") {
    const std::string near = NearestName(kind, {"macs", "parameters", "latency", "memory"});
    throw UsageError("--limit " + kind + ": expected macs, parameters, latency or memory" +
                     (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  if (table.empty()) {
    throw UsageError(
        "--limit latency requires a latency table, and the search has none (search.latency_table). Measure one with "
        "danas latency, and give it with --latency-table");
  }
  return ReadLatencyModel(table);
}

// Milliseconds may say so.
double ParseLimit(const std::string& kind, const std::string& text) {
  const bool says_ms = kind == "latency" && text.ends_with("ms");
  return ParseCount(says_ms ? text.substr(0, text.size() - 2) : text);
}

Wish ReadWish(const ChooseOptions& options, const SearchedRun& run) {
  const std::vector<double> targets = TargetsOf(run.config.search);
  if (options.budget.empty() && targets.size() > 1) {
    throw UsageError(run.folder.string() + " is a search for several budgets (search.budgets). Give one with --budget");
  }
  const SearchConfig search = WithBudget(run.config.search, targets.front());
  const double target = search.budget.value, budget = options.budget.empty() ? target : ParseCount(options.budget);
  if (budget <= 0) throw UsageError("--budget " + options.budget + ": expected a cost above 0");
  const CostBand band = BandOf(search);
  Wish wish{.band = {.low = band.low / target * budget, .high = band.high / target * budget},
            .least_share = band.low / band.high,
            .limits = {}};
  wish.limits.push_back({.kind = "budget", .model = run.cost});
  for (const std::string& text : options.limits) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos)
      throw UsageError("--limit " + text + ": expected KIND=COUNT, such as parameters=4M");
    const std::string kind = text.substr(0, equals);
    const double most = ParseLimit(kind, text.substr(equals + 1));
    if (std::ranges::count(wish.limits, kind, &Limit::kind) > 0)
      throw UsageError("--limit " + kind + " is given twice");
    if (kind == NameOf(search.cost) && (kind != "latency" || options.latency_table.empty())) {
      wish.band.high = std::min(wish.band.high, most);
    } else {
      wish.limits.push_back({.kind = kind, .model = ModelOf(kind, TableOf(options, run)), .most = most});
    }
  }
  wish.limits.front().most = wish.band.high;
  return wish;
}

std::vector<CostLimit> LimitsOf(const Wish& wish, const SearchSpace& space) {
  std::vector<CostLimit> limits;
  for (const Limit& limit : wish.limits)
    limits.push_back({.costs = MakeCostTable(*limit.model, space), .most = limit.most});
  return limits;
}

// Throws ConfigError if no network of the whole space meets all limits. If all that do cost less than the band, the
// band is moved down to the most expensive of them.
std::vector<LimitReach> ReachOf(Wish& wish, const SearchSpace& space) {
  const std::vector<CostLimit> limits = LimitsOf(wish, space);
  std::vector<LimitReach> reach;
  bool together = true;
  for (size_t k = 0; k < limits.size(); ++k) {
    const CostTable& costs = limits[k].costs;
    reach.push_back({.kind = wish.limits[k].kind,
                     .unit = costs.unit,
                     .most = limits[k].most,
                     .whole = {.low = costs.Least(), .high = costs.Most()},
                     .left = ReachableCosts(limits, k)});
    together = together && reach.back().left && reach.back().left->low <= limits[k].most;
  }
  if (!together) {
    std::string text = ReachText(reach);
    std::ranges::replace(text, '\n', ';');
    throw ConfigError("no network meets these limits" + std::string(limits.size() > 1 ? " together" : "") + ": " +
                      text + " raise " + (limits.size() > 1 ? "at least one of them" : "it"));
  }
  const double dearest = std::min(reach.front().left->high, wish.band.high);
  if (dearest < wish.band.low) {
    log::warn("networks within the limits cost at most {}, less than the budget",
              FormatCost(dearest, reach.front().unit));
    wish.band = {.low = wish.least_share * dearest, .high = dearest};
  }
  return reach;
}

// Networks of the state's space.
Networks PoolOf(const Wish& wish, const SearchSpace& space, const std::vector<std::vector<double>>& score_lc,
                FinalEffects effects, const ChooseOptions& options) {
  std::vector<CostLimit> limits = LimitsOf(wish, space);
  const CostTable costs = limits.front().costs;
  limits.erase(limits.begin());
  int64_t count = options.sample > 0 ? options.sample : kNetworksScored;
  if (options.sample == 0 && effects != FinalEffects::kNone) {
    count = std::max(count, kNetworksForAnEffect * static_cast<int64_t>(MainEffects(costs)));
  }
  return NetworksWithin(costs, wish.band, limits, score_lc, static_cast<size_t>(count), options.seed);
}

// Scores of candidates that prefer none.
std::vector<std::vector<double>> AllAlike(const SearchSpace& space) {
  std::vector<std::vector<double>> none_lc;
  for (const LayerSpec& layer : space.layers()) none_lc.emplace_back(layer.candidates.size());
  return none_lc;
}

// The newest trained state with enough networks within the limits, otherwise the one with the most.
const SavedState& StateFor(const Wish& wish, const SearchedRun& run, FinalEffects effects, const ChooseOptions& options,
                           const Ranks& ranks) {
  const std::string number = ranks.FromFirst([&] {
    const SavedState* best = nullptr;
    size_t most = 0;
    for (const SavedState& state : run.states) {
      if (state.weight_steps == 0) continue;
      const size_t networks = PoolOf(wish, state.space, AllAlike(state.space), effects, options).size();
      if (networks > most) best = &state;
      most = std::max(most, networks);
      if (most >= kLeastNetworks) break;
    }
    return best == nullptr ? std::string() : std::to_string(best->number);
  });
  for (const SavedState& state : run.states) {
    if (std::to_string(state.number) == number) return state;
  }
  throw ConfigError(run.folder.string() +
                    ": no network of this cost that meets all limits was found in any saved state. Relax the limits, "
                    "or raise --sample");
}

void RequireFewForPairs(const Networks& pool, FinalEffects effects) {
  if (effects != FinalEffects::kPairs || std::ssize(pool) <= kMostNetworksWithPairs) return;
  throw UsageError("search.final_effects 'pairs' can be fitted to at most " + std::to_string(kMostNetworksWithPairs) +
                   " networks, found " + std::to_string(pool.size()) +
                   ". Lower --sample, or use --set search.final_effects=main");
}

// Scores of networks of the state's space by the fit that the search's final choice uses. Computed on the first rank,
// because a fit may round differently on another machine.
void ScoreByFit(const Networks& pool, const CostTable& costs, FinalEffects effects, const Ranks& ranks,
                ScoredNetworks& scored, NetworkChoice& choice) {
  const std::string text = ranks.FromFirst([&] {
    std::vector<ScoredNetwork> networks;
    for (size_t i = 0; i < pool.size(); ++i) {
      networks.push_back({.choice = pool[i], .loss = scored.subnets[i].loss});
    }
    const ScoredRanking ranking = RankScored(std::move(networks), costs, effects);
    if (ranking.effects == FinalEffects::kNone) {
      if (pool.size() > 1) {
        log::warn(
            "{} networks are scored, but a fit of candidate effects (search.final_effects) needs more than {}: they "
            "are ranked by their own losses. Raise --sample if there are more networks of this cost",
            pool.size(), MainEffects(costs));
      }
      return std::string();
    }
    std::map<std::vector<size_t>, double> score_of;
    for (const ScoredNetwork& network : ranking.networks) score_of[network.choice] = -network.fitted;
    std::vector<double> scores;
    for (const std::vector<size_t>& network : pool) scores.push_back(score_of.at(network));
    return Json{scores, ranking.z}.dump();
  });
  if (text.empty()) return;
  const Json json = Json::parse(text);
  json.at(0).get_to(scored.scores);
  scored.fitted = true;
  choice.effects = NameOf(effects);
  json.at(1).get_to(choice.z);
}

// Mean difference with two standard errors either way.
std::optional<Estimate> MarginOf(const std::vector<SubnetScore>& best_two) {
  if (best_two.size() < 2) return std::nullopt;
  const std::vector<float>&best = best_two[0].loss_n, &next = best_two[1].loss_n;
  const auto n = static_cast<double>(best.size());
  double sum = 0, squares = 0;
  for (size_t i = 0; i < best.size(); ++i) {
    const double difference = static_cast<double>(next[i]) - static_cast<double>(best[i]);
    sum += difference;
    squares += difference * difference;
  }
  const double mean = sum / n, error = std::sqrt(std::max(0.0, squares / n - mean * mean) / (n - 1));
  return Estimate{.value = mean, .low = mean - 2 * error, .high = mean + 2 * error};
}

Json OriginOf(const SearchedRun& run, const DatasetIndex& training_set, const NetworkChoice& choice) {
  const RankedNetwork& best = choice.ranking.networks.front();
  Json limits = Json::object();
  for (const LimitReach& limit : choice.limits) limits[limit.kind] = limit.most;
  Json json = {{"command", "choose"},
               {"run", run.folder.string()},
               {"config", ToJson(run.config)},
               {"seed", run.config.seed},
               {"dataset", training_set.name},
               {"fingerprint", HexText(training_set.fingerprint)},
               {"cost", {{"unit", choice.ranking.unit}, {"value", best.cost}}},
               {"limits", std::move(limits)},
               {"state", choice.ranking.state->file},
               {"score", {{"name", choice.ranking.score}, {"value", best.score}}}};
  if (!choice.effects.empty()) {
    json["score"]["effects"] = choice.effects;
    json["score"]["z"] = choice.z;
  }
  if (choice.margin) json["margin"] = ToJson(*choice.margin);
  return json;
}

int ChooseOnRank(const ChooseOptions& options, const Call& call, Ranks& ranks) {
  const SearchedRun run = OpenSearchedRun(options.search, ranks, "search.final_effects");
  Wish wish = ReadWish(options, run);
  NetworkChoice choice{.ranking = {.run = run.folder.string(), .score = options.search.score}};
  choice.limits = ReachOf(wish, run.space());
  choice.band = wish.band;
  const at::Device device = OpenRankDevice(run.config, ranks);
  const FinalEffects effects =
      options.search.score == "supernet" ? run.config.search.final_effects : FinalEffects::kNone;
  const SavedState& state = StateFor(wish, run, effects, options, ranks);
  const LoadedState loaded = LoadState(state, run.config, device);
  const auto training_set = OpenRunImages(run, ranks);
  std::vector<std::vector<double>> ln_p_lc;
  for (const std::vector<double>& alpha_c : loaded.alpha_lc) ln_p_lc.push_back(LogSoftmax(alpha_c));
  if (ln_p_lc.empty()) ln_p_lc = AllAlike(state.space);  // of several budgets
  const Networks pool = PoolOf(wish, state.space, ln_p_lc, effects, options);
  if (pool.empty()) throw ConfigError("no network of this cost that meets all limits was found. Raise --sample");
  RequireFewForPairs(pool, effects);
  log::info("scoring {} networks with {}, {}", pool.size(), state.checkpoint.files.manifest.string(), state.when);
  std::optional<SubnetScorer> scorer;
  if (options.search.score == "supernet") scorer = MakeScorer(run, state, loaded.supernet, training_set, device, ranks);
  RunReports reports(nullptr, run.config, VerbosityOf(call, ranks));
  Networks whole;  // the same in the whole space
  for (const std::vector<size_t>& network : pool) whole.push_back(*NetworkIn(state.space, network, run.space()));
  ScoredNetworks scored{.networks = whole, .state = state};
  if (scorer) {
    scored.subnets = scorer->Score(pool, {.progress = reports.progress()});
    scored.images = scorer->images();
  }
  scored.scores = scorer ? ScoresOf(scored.subnets) : TotalsOf(ln_p_lc, pool);
  if (effects != FinalEffects::kNone) {
    ScoreByFit(pool, MakeCostTable(*run.cost, state.space), effects, ranks, scored, choice);
  }
  choice.ranking = OrderNetworks(scored, run, options.search.score);
  if (scorer) {
    Networks best_two;
    for (size_t i = 0; i < std::min<size_t>(2, pool.size()); ++i) {
      best_two.push_back(
          *NetworkIn(run.space(), ParseNetworkName(choice.ranking.networks[i].name, run.space(), ""), state.space));
    }
    choice.margin = MarginOf(scorer->Score(best_two, {.losses = ImageLosses::kGive}));
  }
  if (!ranks.first()) return 0;
  choice.file = options.out.empty() ? (run.folder / "chosen.json").string() : options.out;
  const std::vector<size_t> best = ParseNetworkName(choice.ranking.networks.front().name, run.space(), "");
  const Genotype genotype{.network = run.space().Select(best),
                          .class_ids = training_set->outputs().ids,
                          .class_labels = training_set->outputs().labels,
                          .origin = OriginOf(run, *training_set, choice)};
  WriteFileAtomically(choice.file, JsonText(ToJson(genotype), 2) + "\n");
  for (const Limit& limit : wish.limits) {
    if (limit.model->unit() != "ms") continue;
    const std::filesystem::path beside = std::filesystem::path(choice.file).replace_extension(".latency.json");
    const bool of_search = limit.kind == "budget";
    MeasureFind({.network = genotype.network,
                 .table = of_search ? LatencyTableOf(run.config.search, run.folder) : TableOf(options, run),
                 .most_ms = limit.most},
                run.config, device, beside);
  }
  std::cout << (options.json ? JsonText(ChoiceJson(choice), 2) + "\n" : ChoiceText(choice));
  return 0;
}

}  // namespace

int RunCommand(const ChooseOptions& options, const Call& call) {
  return OnRanks({.config = options.search.config, .runs = {options.search.run}},
                 [&](Ranks& ranks) { return ChooseOnRank(options, call, ranks); });
}

}  // namespace danas
