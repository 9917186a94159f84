#include "space_sample_command.h"

#include <filesystem>
#include <iostream>

#include "danas/arch/genotype.h"
#include "danas/arch/space_file.h"
#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/units.h"
#include "danas/cost/band_sampler.h"
#include "danas/cost/search_band.h"
#include "danas/report/text_table.h"
#include "inputs.h"

namespace danas {
namespace {

// The space that the network was found in, unless the command names one.
SearchSpace SpaceToSample(const SpaceSampleOptions& options, const Genotype& given) {
  std::string name = options.space;
  if (name.empty()) {
    const auto config = given.origin.find("config");
    if (config == given.origin.end() || !config->contains("space")) {
      throw UsageError(options.arch + " does not record the space it was found in. Give one with --space");
    }
    name = config->at("space").get<std::string>();
  }
  return LoadSpace(name, given.network.input(), given.network.classes()).space;
}

Genotype RandomLike(const Genotype& given, const SearchSpace& space, const std::vector<size_t>& choice,
                    const Json& sampled) {
  Genotype random{space.Select(choice).WithDropout(given.network.head().dropout), given.class_ids, given.class_labels,
                  given.origin};
  random.origin["sampled"] = sampled;
  return random;
}

// What is drawn from: the given network stands for its classes and origin.
struct SampleBasis {
  Genotype given;
  SearchSpace space;
  CostTable costs;
  CostBand band;
  Json sampled;      // what is the same for all
  double whole = 0;  // the cost that percentages are of
};

SampleBasis NearNetwork(const SpaceSampleOptions& options) {
  Genotype given = ReadGenotype(options.arch);
  const SearchSpace space = SpaceToSample(options, given);
  const double macs = static_cast<double>(CountMacs(given.network));
  return {.given = std::move(given),
          .space = space,
          .costs = MakeCostTable(*MakeMacsModel(), space),
          .band = {.low = macs * (1 - options.band_percent / 100), .high = macs * (1 + options.band_percent / 100)},
          .sampled = {{"near", options.arch}, {"band_percent", options.band_percent}},
          .whole = macs};
}

// As many classes as the dataset's format or the space file specifies; danas finetune uses the dataset's own.
SampleBasis WithinBudget(const SpaceSampleOptions& options) {
  const Config config = ReadConfig(options.config);
  const int classes = config.data.format == DataFormat::kCifar10    ? 10
                      : config.data.format == DataFormat::kCifar100 ? 100
                                                                    : 0;
  Config of_space = config;
  if (!options.space.empty()) of_space.space = options.space;
  const SearchSpace space = LoadSpaceOf(of_space, classes).space;
  const CostBand band = SearchBand(config.search);
  const std::vector<size_t> first(space.layers().size(), 0);
  return {.given = {space.Select(first), {}, {}, {{"config", ToJson(config)}}},
          .space = space,
          .costs = MakeCostTable(*MakeCostModel(config.search), space),
          .band = band,
          .sampled = {{"least", band.low}, {"most", band.high}},
          .whole = config.search.budget.value};
}

int SampleSpace(const SpaceSampleOptions& options) {
  const bool by_config = !options.config.config.empty();
  if (options.arch.empty() != by_config) {
    throw UsageError(
        "exactly one of --arch (about the same cost) and --config (cost within its budget) is required. See danas "
        "space "
        "sample --help");
  }
  const SampleBasis basis = by_config ? WithinBudget(options) : NearNetwork(options);
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) throw FileError("cannot create " + options.out + ": " + error.message());
  const std::string& unit = basis.costs.unit;
  const std::string of = by_config ? "of the budget" : "of the given";
  TextTable table({{"network"}, {unit, Align::kRight}, {of, Align::kRight}});
  Json list = Json::array();
  for (int number = 1; number <= options.count; ++number) {
    RandomStream stream(static_cast<uint64_t>(options.seed), "sample", {static_cast<uint64_t>(number)});
    const std::vector<size_t> choice = SampleNetworkWithin(basis.costs, basis.band.low, basis.band.high, stream);
    const std::filesystem::path path =
        std::filesystem::path(options.out) / ("random-" + std::to_string(number) + ".json");
    const double cost = basis.costs.OfNetwork(choice);
    Json sampled = basis.sampled;
    sampled.update({{"seed", options.seed}, {"number", number}});
    WriteFileAtomically(path, JsonText(ToJson(RandomLike(basis.given, basis.space, choice, sampled)), 2) + "\n");
    table.AddRow({path.string(), FormatCostNumber(cost, unit), FormatPercent(cost / basis.whole)});
    list.push_back({{"file", path.string()}, {"macs", CountMacs(basis.space.Select(choice))}});
  }
  std::cout << (options.json ? JsonText(list, 2) + "\n"
                             : "drawn uniformly from the networks with " + FormatCostNumber(basis.band.low, unit) +
                                   " to " + FormatCost(basis.band.high, unit) + ":\n" + table.Text());
  return 0;
}

}  // namespace

void DescribeOptions(CLI::App& app, SpaceSampleOptions& options) {
  app.description("Write random networks that cost about as much as a given one, or that fit a search's budget");
  app.footer(
      "Examples:\n"
      "  danas space sample --arch best.json --band 5% --count 2 --out runs/random\n"
      "  danas space sample --config my.json --set search.budget=200M --out runs/random\n"
      "Networks are drawn uniformly from those of the space within the band. Writes random-1.json, ...");
  AddArch(app, options.arch);
  AddConfig(app, options.config);
  app.get_option("--config")
      ->description(
          "instead of --arch: networks within the budget of this config (a file or the name of a shipped one)");
  app.add_option("--space", options.space,
                 "search space to draw from (default: the one the network was found in, or the config's)")
      ->option_text("SPACE");
  app.add_option("--band", options.band_percent, "maximum deviation from the network's MACs, either way (default: 5%)")
      ->option_text("PERCENT")
      ->transform([](std::string text) {
        if (text.ends_with('%')) text.pop_back();
        return text;
      })
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--count", options.count, "number of networks (default: 1)")
      ->option_text("N")
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", options.seed, "random seed (default: 0)")->option_text("N")->check(CLI::NonNegativeNumber);
  app.add_option("-o,--out", options.out, "output folder")->option_text("DIR")->required();
  AddJson(app, options.json);
}

int RunCommand(const SpaceSampleOptions& options, const Call&) { return SampleSpace(options); }

}  // namespace danas
