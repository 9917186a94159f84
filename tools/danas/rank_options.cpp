#include "rank_options.h"

#include <charconv>

namespace danas {
namespace {

// "5%" -> "0.05"; anything else as it is.
std::string ShareOfPercent(std::string text) {
  if (!text.ends_with('%')) return text;
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, percent);
  if (error != std::errc() || end != text.data() + text.size() - 1) return text;
  return std::to_string(percent / 100);
}

// Which networks to score.
void AddNetworks(CLI::App& app, RankOptions& options) {
  CLI::Option* archs = app.add_option("--archs", options.archs,
                                      "networks: a best.json, a JSON list or lines of such, or lines of candidates' "
                                      "indices as 0-2-1")
                           ->option_text("FILE");
  CLI::Option* all = app.add_flag("--all", options.all, "every network of the space, or of the band")->excludes(archs);
  app.add_option("--sample", options.sample, "random networks of the space, or of the band, each as likely")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1000000}))
      ->excludes(archs)
      ->excludes(all);
  app.add_option("--band", options.band, "cost within this of search.budget, either way: 0.05 or 5%")
      ->option_text("SHARE")
      ->transform(ShareOfPercent)
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(archs);
}

}  // namespace

void DescribeOptions(CLI::App& app, RankOptions& options) {
  app.description("Score networks of a search's space with what it has trained");
  app.footer(
      "Examples:\n"
      "  danas rank --run runs/mine --sample 100 --band 5%\n"
      "  danas rank --run runs/mine --archs best.json --json\n"
      "  danas rank --run runs/mine --truth table.csv --budget 300M --budget 400M\n"
      "All are scored by one state of the search, the newest that it kept with all their candidates; which one is "
      "said.\n"
      "With --truth it says how well the scores order networks that were trained (scripts/truth-table).");
  AddSearchedRun(app, options.search);
  AddNetworks(app, options);
  app.add_option("--score", options.search.score,
                 "supernet: validation loss with the supernet's weights (search.scoring); alpha: sum of ln softmax(α); "
                 "macs, parameters: more is better; naswot, zico: of untrained networks (default: supernet)")
      ->option_text("NAME")
      ->check(CLI::IsMember({"supernet", "alpha", "macs", "parameters", "naswot", "zico"}));
  app.add_option("--truth", options.truth,
                 "a table of trained networks of the space, which are scored unless others are named")
      ->option_text("CSV");
  app.add_option("--budget", options.budgets,
                 "with --truth: how good the best by score within this cost is; repeatable (default: the search's)")
      ->option_text("COUNT")
      ->expected(1)
      ->take_all();
  app.add_option("--seed", options.seed, "seed of --sample and of the intervals (default: 0)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  AddConfig(app, options.search.config);
  AddDataAndDevice(app, options.search.config);
  AddLaunch(app, options.launch, options.search.config);
  AddJson(app, options.json);
}

}  // namespace danas
