#include "danas/watch/choice_text.h"

#include "danas/core/units.h"

namespace danas {
namespace {

constexpr size_t kShown = 5;
constexpr int kMsDecimals = 3;

std::string BandText(const CostBand& band, const std::string& unit) {
  return "from " + FormatCost(band.low, unit, kMsDecimals) + " to " + FormatCost(band.high, unit, kMsDecimals);
}

Json BandJson(const CostBand& band) { return {band.low, band.high}; }

}  // namespace

std::string ReachText(const std::vector<LimitReach>& limits) {
  std::string text;
  for (const LimitReach& limit : limits) {
    text += limit.kind + " at most " + FormatCost(limit.most, limit.unit, kMsDecimals) +
            ": networks of the space range " + BandText(limit.whole, limit.unit);
    if (limits.size() > 1) {
      text += limit.left ? ", those within the other limits " + BandText(*limit.left, limit.unit)
                         : ", but no network meets the other limits";
    }
    text += "\n";
  }
  return text;
}

std::string ChoiceText(const NetworkChoice& choice) {
  std::string text = ReachText(choice.limits) + "scored: " + FormatThousands(std::ssize(choice.ranking.networks)) +
                     " networks " + BandText(choice.band, choice.ranking.unit) + " within all limits\n" +
                     RankingText(choice.ranking, kShown);
  if (!choice.effects.empty()) {
    text += "ranked by a fit of their losses (search.final_effects " + choice.effects +
            "): the first is ahead of the next by " + FormatDecimals(choice.z, 1) + " standard errors\n";
  }
  if (choice.margin) {
    const events::TaskWords& words = choice.ranking.words;
    text += "the best is ahead of the next by " + events::LossText(words, choice.margin->value, 4) + " ± " +
            events::LossText(words, choice.margin->high - choice.margin->value, 4) +
            " of loss (two standard errors over the " + words.sample + "s)\n";
  }
  return text + choice.file + "\n";
}

Json ChoiceJson(const NetworkChoice& choice) {
  Json limits = Json::array();
  for (const LimitReach& limit : choice.limits) {
    limits.push_back({{"kind", limit.kind},
                      {"unit", limit.unit},
                      {"most", limit.most},
                      {"whole", BandJson(limit.whole)},
                      {"left", limit.left ? BandJson(*limit.left) : Json()}});
  }
  Json json = RankingJson(choice.ranking);
  json["best"] = choice.file;
  json["band"] = BandJson(choice.band);
  json["limits"] = std::move(limits);
  json["effects"] = choice.effects.empty() ? "none" : choice.effects;
  if (!choice.effects.empty()) json["z"] = choice.z;
  if (choice.margin) json["margin"] = ToJson(*choice.margin);
  return json;
}

}  // namespace danas
