#include "choose_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, ChooseOptions& options) {
  app.description("Find the best network of a search for a different budget, without training");
  app.footer(
      "Examples:\n"
      "  danas choose --run runs/mine --budget 300M\n"
      "  danas choose --run runs/mine --budget 300M --limit parameters=4M --out small.json\n"
      "  danas choose --run runs/mine --limit latency=12ms --limit memory=4M --latency-table table.yaml\n"
      "Networks are scored with the newest saved state of the search that has enough of them within the budget and\n"
      "all limits, and ranked as in its final choice: by loss, or by a fit to the losses (--set\n"
      "search.final_effects=main). Prints the range of costs that the other limits leave for each limit, and writes\n"
      "the best network as a best.json for danas finetune.");
  AddSearchedRun(app, options.search);
  app.add_option("--budget", options.budget, "target cost, in the search's unit (default: search.budget)")
      ->option_text("COUNT");
  app.add_option("--limit", options.limits,
                 "upper limit on macs, parameters, latency (12 or 12ms) or memory (bytes); repeatable")
      ->option_text("KIND=COUNT")
      ->expected(1)
      ->take_all();
  app.add_option("--latency-table", options.latency_table,
                 "table of --limit latency, such as danas latency writes (default: the search's)")
      ->option_text("FILE");
  app.add_option("--score", options.search.score, "supernet or alpha, as in danas rank (default: supernet)")
      ->option_text("NAME")
      ->check(CLI::IsMember({"supernet", "alpha"}));
  app.add_option("--sample", options.sample,
                 "networks to score if more meet the limits (default: 300, or as many as a fit needs)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{2}, int64_t{1000000}));
  app.add_option("--seed", options.seed, "seed of --sample (default: 0)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("-o,--out", options.out, "output file (default: chosen.json in the run folder)")->option_text("FILE");
  AddConfig(app, options.search.config);
  AddDataAndDevice(app, options.search.config);
  AddLaunch(app, options.launch, options.search.config);
  AddJson(app, options.json);
}

}  // namespace danas
