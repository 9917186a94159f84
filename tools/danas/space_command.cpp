#include "space_command.h"

#include <cmath>
#include <filesystem>
#include <iostream>

#include "danas/arch/genotype.h"
#include "danas/arch/space_file.h"
#include "danas/config/config_file.h"
#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "danas/cost/band_sampler.h"
#include "danas/cost/search_band.h"
#include "danas/report/text_table.h"
#include "inputs.h"

namespace danas {
namespace {

std::string SizeText(Size size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

// Spelled out, since the log reports where a bare name was found.
std::filesystem::path FileOfShipped(const std::string& name) {
  for (const std::filesystem::path& folder : ShippedFolders()) {
    const std::filesystem::path path = folder / "spaces" / (name + ".json");
    if (std::filesystem::exists(path)) return path;
  }
  return name;
}

int ListSpaces(bool json) {
  TextTable table({{"space"},
                   {"input"},
                   {"layers", Align::kRight},
                   {"candidates", Align::kRight},
                   {"least", Align::kRight},
                   {"most MACs", Align::kRight}});
  Json list = Json::array();
  for (const std::string& name : ShippedSpaces()) {
    const SearchSpace space = LoadSpace(FileOfShipped(name)).space;
    const CostTable costs = MakeCostTable(*MakeMacsModel(), space);
    table.AddRow({name, SizeText(space.input()), std::to_string(space.layers().size()),
                  std::to_string(space.CandidateCount()), FormatCount(costs.Least()), FormatCount(costs.Most())});
    list.push_back({{"name", name},
                    {"input", {space.input().height, space.input().width}},
                    {"layers", space.layers().size()},
                    {"candidates", space.CandidateCount()},
                    {"least_macs", std::llround(costs.Least())},
                    {"most_macs", std::llround(costs.Most())}});
  }
  std::cout << (json ? JsonText(list, 2) + "\n" : table.Text());
  return 0;
}

std::string CandidateNames(const LayerSpec& layer) {
  std::string names;
  for (const BlockSpec& block : layer.candidates) names += (names.empty() ? "" : " ") + CandidateName(block);
  return names;
}

int ShowSpace(const SpaceShowOptions& options) {
  const LoadedSpace loaded = LoadSpace(options.space);
  const SearchSpace& space = loaded.space;
  if (options.json) {
    std::cout << JsonText(ToJson(space), 2) << "\n";
    return 0;
  }
  std::cout << space.name() << ": " << SizeText(space.input())
            << (space.input_channels() == 1 ? " grey images, " : " images, ") << space.classes() << " classes, "
            << "10^" << FormatDecimals(std::log10(space.NetworkCount()), 1) << " networks\n";
  for (const std::string& note : loaded.notes) std::cout << "note: " << note << "\n";
  if (space.channel_order() == ChannelOrder::kKept) std::cout << "channels keep their order in shuffle blocks\n";
  std::cout << "\nstem: " << space.stem().kernel << "x" << space.stem().kernel << " to " << space.stem().channels
            << " channels, stride " << space.stem().stride << "\n";
  for (size_t l = 0; l < space.layers().size(); ++l) {
    std::cout << DescribeLayer(l, space.layers()[l].shape) << ": " << CandidateNames(space.layers()[l]) << "\n";
  }
  std::cout << "head: " << space.feature_channels() << " features, dropout " << space.head().dropout << "\n";
  return 0;
}

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
  const auto side = static_cast<int>(config.data.image_size);
  const SearchSpace space =
      LoadSpace(options.space.empty() ? config.space : options.space, {side, side}, classes).space;
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
  const std::string of = by_config ? "of the budget" : "of the given";
  TextTable table({{"network"}, {basis.costs.unit, Align::kRight}, {of, Align::kRight}});
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
    table.AddRow({path.string(), FormatCount(cost), FormatPercent(cost / basis.whole)});
    list.push_back({{"file", path.string()}, {"macs", CountMacs(basis.space.Select(choice))}});
  }
  std::cout << (options.json ? JsonText(list, 2) + "\n"
                             : "drawn uniformly from the networks with " + FormatCount(basis.band.low) + " to " +
                                   FormatCount(basis.band.high) + " " + basis.costs.unit + ":\n" + table.Text());
  return 0;
}

}  // namespace

void DescribeOptions(CLI::App& app, SpaceListOptions& options) {
  app.description("List the shipped search spaces");
  AddJson(app, options.json);
}

int RunCommand(const SpaceListOptions& options, const Call&) { return ListSpaces(options.json); }

void DescribeOptions(CLI::App& app, SpaceShowOptions& options) {
  app.description("Show the layers and candidates of a space");
  app.footer("Example:\n  danas space show mobile_plus");
  app.add_option("space", options.space, "a file, or the name of a shipped space")->option_text("SPACE")->required();
  AddJson(app, options.json);
}

int RunCommand(const SpaceShowOptions& options, const Call&) { return ShowSpace(options); }

void DescribeOptions(CLI::App& app, SpaceCheckOptions& options) {
  app.description("Check search space files");
  app.footer("Example:\n  danas space check my_space.json");
  app.add_option("file", options.files, "space files")->option_text("FILE...")->required();
}

int RunCommand(const SpaceCheckOptions& options, const Call&) {
  return CheckFiles(options.files, [](const std::string& path) {
    for (const std::string& note : LoadSpace(path).notes) log::info("{}: {}", path, note);
  });
}

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
