#include "search_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, SearchOptions& options) {
  app.description("Search for a network with Algorithm 1 of the paper, or with another strategy");
  app.footer(
      "Examples:\n"
      "  danas search --config fashion_mnist.json\n"
      "  danas search --config imagenet_shuffle_mobile.json --data /data/imagenet --dry-run\n"
      "  danas search --config my.json --set search.budget=200M --run runs/mine\n"
      "  danas search --config my.json --strategy spos\n"
      "  danas search --config my.json --gpus 4\n"
      "  danas search --resume runs/mine\n"
      "  danas search --resume runs/mine --fork runs/other --set search.budget=150M\n"
      "Writes best.json (with several search.budgets one file per budget, such as best-323M.json),\n"
      "the log and the supernet's weights to the run folder.");
  AddTraining(app, options.config, options.launch, options.run);
  AddSetting(app, options.config, "--strategy", "NAME", "search.strategy",
             "danas, spos, proxyless_g, darts, fbnet, snas or random (search.strategy)");
  AddPlan(app, options.plan);
  app.add_option("--images", options.images,
                 "with --dry-run: plan without the dataset, for so many training images, shared out evenly over the "
                 "classes of the space")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}))
      ->needs("--dry-run");
  AddJson(app, options.json);
}

}  // namespace danas
