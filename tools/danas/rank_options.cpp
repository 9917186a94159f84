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
                                      "networks to score: a best.json, a JSON array of them, one per line, or "
                                      "lines of candidate indices such as 0-2-1")
                           ->option_text("FILE");
  CLI::Option* all =
      app.add_flag("--all", options.all, "score every network of the space, or of the band")->excludes(archs);
  app.add_option("--sample", options.sample, "score N networks drawn uniformly from the space, or from the band")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1000000}))
      ->excludes(archs)
      ->excludes(all);
  app.add_option("--band", options.band,
                 "only networks whose cost is within this share of search.budget, such as 0.05 or 5%")
      ->option_text("SHARE")
      ->transform(ShareOfPercent)
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(archs);
}

}  // namespace

void DescribeOptions(CLI::App& app, RankOptions& options) {
  app.description("Score and rank networks of a search's space");
  app.footer(
      "Examples:\n"
      "  danas rank --run runs/mine --sample 100 --band 5%\n"
      "  danas rank --run runs/mine --archs best.json --json\n"
      "  danas rank --run runs/mine --truth table.csv --budget 300M --budget 400M\n"
      "All networks are scored with the same saved state of the search: the newest that has all their candidates. The\n"
      "output names it. With --truth, also reports how well the scores rank networks that were trained\n"
      "(scripts/truth-table).");
  AddSearchedRun(app, options.search);
  AddNetworks(app, options);
  app.add_option("--score", options.search.score,
                 "supernet: validation loss with the supernet's weights (search.scoring); alpha: sum of ln softmax(α); "
                 "macs, parameters: higher is better; naswot, zico: scores of untrained networks (default: supernet)")
      ->option_text("NAME")
      ->check(CLI::IsMember({"supernet", "alpha", "macs", "parameters", "naswot", "zico"}));
  app.add_option("--truth", options.truth,
                 "table of trained networks of the space; these are scored unless others are given")
      ->option_text("CSV");
  app.add_option("--budget", options.budgets,
                 "with --truth: report how good the best-scored network within this cost is; repeatable (default: the "
                 "search's)")
      ->option_text("COUNT")
      ->expected(1)
      ->take_all();
  app.add_option("--seed", options.seed, "seed of --sample and of the confidence intervals (default: 0)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  AddConfig(app, options.search.config);
  AddDataAndDevice(app, options.search.config);
  AddLaunch(app, options.launch, options.search.config);
  AddJson(app, options.json);
}

}  // namespace danas
