#include "choose_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, ChooseOptions& options) {
  app.description("Find the best network of a search for another budget, without training");
  app.footer(
      "Examples:\n"
      "  danas choose --run runs/mine --budget 300M\n"
      "  danas choose --run runs/mine --budget 300M --limit parameters=4M --out small.json\n"
      "Networks are scored by the newest state that the search kept with enough of them within the budget and all "
      "limits,\n"
      "and ranked as in its last choice: by their losses, or by a fit of these (--set search.final_effects=main).\n"
      "It says what each limit leaves of the others, and writes the best as a best.json for danas finetune.");
  AddSearchedRun(app, options.search);
  app.add_option("--budget", options.budget, "cost to aim at, in the search's unit (default: search.budget)")
      ->option_text("COUNT");
  app.add_option("--limit", options.limits, "macs, parameters or latency (ms) at most; repeatable")
      ->option_text("KIND=COUNT")
      ->expected(1)
      ->take_all();
  app.add_option("--score", options.search.score, "supernet or alpha, as for danas rank (default: supernet)")
      ->option_text("NAME")
      ->check(CLI::IsMember({"supernet", "alpha"}));
  app.add_option("--sample", options.sample, "networks to score where more meet the limits (default: 300)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{2}, int64_t{1000000}));
  app.add_option("--seed", options.seed, "seed of --sample (default: 0)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("-o,--out", options.out, "file to write (default: chosen.json in the run's folder)")
      ->option_text("FILE");
  AddConfig(app, options.search.config);
  AddDataAndDevice(app, options.search.config);
  AddLaunch(app, options.launch, options.search.config);
  AddJson(app, options.json);
}

}  // namespace danas
