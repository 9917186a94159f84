#include "danas/study/truth_lookup.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "danas/arch/config_space.h"
#include "danas/arch/network_name.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/text_file.h"
#include "danas/core/units.h"
#include "danas/easiness/truth_table.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

SearchSpace SpaceOf(const Config& config) {
  return LoadSpaceOf(config).space;
}

// The number at the beginning of a text; 0 where there is none.
template <typename T>
T Leading(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

TruthHead ReadHead(const fs::path& table) {
  TruthHead head;
  for (const std::string& line : LinesOf(ReadTextFile(table))) {
    if (!line.starts_with("# ")) break;
    const auto behind = [&](std::string_view key) {
      return line.starts_with(key) ? std::optional(line.substr(key.size())) : std::nullopt;
    };
    if (const auto text = behind("# train: ")) head.train_images = Leading<int64_t>(*text);
    if (const auto text = behind("# hours of one core: ")) head.hours = Leading<double>(*text);
    if (const auto text = behind("# recipe: ")) {
      const Json recipe = ParseJson(*text);
      const Json finetune = recipe.is_object() ? recipe.value("finetune", Json()) : Json();
      if (finetune.is_object() && finetune.contains("epochs") && finetune.at("epochs").is_number()) {
        head.epochs = WholeAt(finetune, "epochs");
      }
    }
  }
  return head;
}

std::string BandText(const CostBand& band, const std::string& unit) {
  return FormatCostNumber(band.low, unit) + " to " + FormatCost(band.high, unit);
}

}  // namespace

TruthLookup::TruthLookup(const fs::path& table, const Config& config)
    : table_(table), space_(SpaceOf(config)), costs_(MakeCostTable(*MakeCostModel(config.search), space_)) {
  for (const TrainedNetwork& trained : ReadTruthTable(table, space_)) {
    rows_.push_back({trained.network, trained.accuracy(), costs_.OfNetwork(trained.network)});
    trainings_ += static_cast<int64_t>(trained.accuracies.size());
  }
  std::ranges::sort(rows_, {}, &Row::network);
  head_ = ReadHead(table);
}

const TruthLookup::Row* TruthLookup::RowOf(const std::vector<size_t>& network) const {
  const auto place = std::ranges::lower_bound(rows_, network, {}, &Row::network);
  return place != rows_.end() && place->network == network ? &*place : nullptr;
}

std::optional<TruthOutcome> TruthLookup::Find(const std::vector<size_t>& network, const CostBand& band) const {
  const Row* found = RowOf(network);
  if (found == nullptr) return std::nullopt;
  int64_t in_budget = 0, better_in_budget = 0, in_band = 0, better_in_band = 0;
  double best = 0;
  for (const Row& row : rows_) {
    if (row.cost > band.high) continue;
    const bool better = row.accuracy > found->accuracy;
    ++in_budget;
    better_in_budget += better ? 1 : 0;
    in_band += band.Holds(row.cost) ? 1 : 0;
    better_in_band += better && band.Holds(row.cost) ? 1 : 0;
    best = std::max(best, row.accuracy);
  }
  if (in_budget == 0) {
    throw ConfigError(table_.string() + ": none of its networks costs at most " + FormatCost(band.high, costs_.unit));
  }
  const auto share = [](int64_t part, int64_t of) {
    return of > 0 ? static_cast<double>(part) / static_cast<double>(of) : std::numeric_limits<double>::quiet_NaN();
  };
  return TruthOutcome{.accuracy = found->accuracy,
                      .budget_share = share(better_in_budget, in_budget),
                      .band_share = share(better_in_band, in_band),
                      .regret = best - found->accuracy};
}

std::vector<std::vector<size_t>> TruthLookup::Draw(int64_t count, const CostBand& band, RandomStream& stream) const {
  std::vector<std::vector<size_t>> networks;
  for (const Row& row : rows_) {
    if (band.Holds(row.cost)) networks.push_back(row.network);
  }
  const auto wanted = static_cast<size_t>(count);
  if (networks.size() < wanted) {
    throw ConfigError(table_.string() + ": " + std::to_string(networks.size()) + " of its networks cost " +
                      BandText(band, costs_.unit) + ", but a random arm asks for " + std::to_string(count));
  }
  stream.Shuffle(networks);
  networks.resize(wanted);
  return networks;
}

const std::vector<size_t>& TruthLookup::Best(const std::vector<std::vector<size_t>>& networks) const {
  return *std::ranges::max_element(networks, {},
                                   [&](const std::vector<size_t>& network) { return RowOf(network)->accuracy; });
}

double TruthLookup::Macs(const std::vector<size_t>& network) const {
  return static_cast<double>(CountMacs(space_.Select(network)));
}

}  // namespace danas
