#include "danas/report/ranking_text.h"

#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/report/estimate_text.h"
#include "danas/report/text_table.h"
#include "src/report/cost_cell.h"

namespace danas {
namespace {

// Of the column; none where the score is in another one.
std::string ScoreTitle(const NetworkRanking& ranking) {
  if (ranking.score == "alpha") return "Σ ln p";
  return ranking.score == "naswot" || ranking.score == "zico" ? ranking.score : "";
}

std::string HeadText(const NetworkRanking& ranking) {
  std::string text;
  if (ranking.state) {
    text += "state: " + ranking.state->file + ", " + ranking.state->when + ": " +
            FormatThousands(ranking.state->weight_steps) + " weight steps";
    if (ranking.words.classes) text += ", most recently on " + std::to_string(ranking.state->classes) + " classes";
    text += "\n";
  }
  if (ranking.score == "supernet") {
    text += std::string("score: loss with ") +
            (ranking.ema > 0 ? "the average of the supernet's weights" : "the supernet's weights") + " over " +
            FormatThousands(ranking.images) + " validation " + ranking.words.sample + "s, normalised by " +
            (ranking.statistics == "batch" ? "each batch's own statistics" : "statistics estimated for each network") +
            "\n";
  } else if (ranking.score == "alpha") {
    text += "score: sum over the layers of ln softmax(α)\n";
  } else {
    text += "score: " + ranking.score + ", higher is better\n";
  }
  return text;
}

std::string NetworksText(const NetworkRanking& ranking, size_t shown) {
  const bool with_loss = ranking.score == "supernet", with_score = !ScoreTitle(ranking).empty();
  std::vector<Column> columns = {{"", Align::kRight}, {"network"}};
  if (with_score) columns.push_back({ScoreTitle(ranking), Align::kRight});
  const bool with_fit = !ranking.networks.empty() && ranking.networks.front().fitted.has_value();
  if (with_fit) columns.push_back({"fitted", Align::kRight});
  if (with_loss) columns.insert(columns.end(), {{"loss", Align::kRight}, {ranking.words.accuracy, Align::kRight}});
  columns.push_back({ranking.unit, Align::kRight});
  if (ranking.unit != "parameters") columns.push_back({"parameters", Align::kRight});
  if (ranking.truth) columns.push_back({"trained", Align::kRight});
  TextTable table(columns);
  for (size_t i = 0; i < std::min(shown, ranking.networks.size()); ++i) {
    const RankedNetwork& network = ranking.networks[i];
    std::vector<std::string> cells = {std::to_string(i + 1), network.name};
    if (with_score) cells.push_back(FormatDecimals(network.score, 4));
    if (with_fit) cells.push_back(events::LossText(ranking.words, network.fitted.value_or(0), 4));
    if (with_loss) {
      cells.push_back(events::LossText(ranking.words, network.loss.value_or(0), 4));
      cells.push_back(FormatPercent(network.accuracy.value_or(0), 1));
    }
    cells.push_back(CostCell(ranking.unit, network.cost));
    if (ranking.unit != "parameters") cells.push_back(FormatThousands(std::llround(network.parameters)));
    if (ranking.truth) cells.push_back(network.trained ? FormatPercent(*network.trained, 2) : "–");
    table.AddRow(cells);
  }
  std::string text = table.Text();
  if (ranking.networks.size() > shown) {
    text += "and " + FormatThousands(std::ssize(ranking.networks) - static_cast<int64_t>(shown)) +
            " more; --json lists all\n";
  }
  return text;
}

std::string BudgetText(const BestWithinBudget& budget, const std::string& unit) {
  const std::string within = FormatCost(budget.budget, unit, 3);
  if (budget.networks == 0) return "  within " + within + ": no network in the table\n";
  return "  best by score within " + within + ": rank " + FormatThousands(budget.rank) + " of " +
         FormatThousands(budget.networks) + "; " + EstimateText(budget.better, {.decimals = 1, .factor = 100}) +
         " % are better; regret " + EstimateText(budget.regret, {.factor = 100}) + " points\n";
}

std::string TruthText(const NetworkRanking& ranking) {
  const TruthAgreement& agreement = ranking.truth->agreement;
  std::string text = "against " + ranking.truth->file + ": " + FormatThousands(agreement.networks) +
                     " networks, 95 % intervals by bootstrap over them\n";
  if (ranking.truth->unknown > 0) {
    text += "  " + FormatThousands(ranking.truth->unknown) +
            " of the scored networks are not in the table and are left out\n";
  }
  text += "  τ-b over all pairs: " + EstimateText(agreement.tau, {.decimals = 3}) + "\n  τ-b over the " +
          FormatThousands(agreement.near_pairs) + " pairs within " + FormatPercent(kNearCosts, 0) +
          " of cost: " + EstimateText(agreement.tau_near, {.decimals = 3}) + "\n";
  for (const BestWithinBudget& budget : agreement.budgets) text += BudgetText(budget, ranking.unit);
  return text;
}

Json NetworkJson(const RankedNetwork& network, const std::string& unit) {
  Json json = {{"network", network.name},
               {"score", network.score},
               {"cost", CostNumber(unit, network.cost)},
               {"parameters", std::llround(network.parameters)}};
  if (network.loss) json["loss"] = *network.loss;
  if (network.accuracy) json["accuracy"] = *network.accuracy;
  if (network.fitted) json["fitted_loss"] = *network.fitted;
  if (network.trained) json["trained"] = *network.trained;
  return json;
}

}  // namespace

std::string RankingText(const NetworkRanking& ranking, size_t shown) {
  std::string text = HeadText(ranking) + "\n" + NetworksText(ranking, shown);
  if (ranking.truth) text += "\n" + TruthText(ranking);
  return text;
}

Json RankingJson(const NetworkRanking& ranking) {
  Json json = {{"run", ranking.run}, {"score", ranking.score}, {"unit", ranking.unit}};
  if (ranking.state) {
    json["state"] = {{"file", ranking.state->file},
                     {"when", ranking.state->when},
                     {"weight_steps", ranking.state->weight_steps},
                     {"classes", ranking.state->classes}};
  }
  if (ranking.score == "supernet") {
    json["images"] = ranking.images;
    json["statistics"] = ranking.statistics;
    json["ema"] = ranking.ema;
  }
  json["networks"] = Json::array();
  for (const RankedNetwork& network : ranking.networks) json["networks"].push_back(NetworkJson(network, ranking.unit));
  if (ranking.truth) {
    json["truth"] = ToJson(ranking.truth->agreement);
    json["truth"]["file"] = ranking.truth->file;
    json["truth"]["unknown"] = ranking.truth->unknown;
  }
  return json;
}

}  // namespace danas
