#include "search_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, SearchOptions& options) {
  app.description("Find a network by Algorithm 1 of the paper");
  app.footer(
      "Examples:\n"
      "  danas search --config fashion_mnist.json\n"
      "  danas search --config imagenet_shuffle_mobile.json --data /data/imagenet --dry-run\n"
      "  danas search --config my.json --set search.budget=200M --run runs/mine\n"
      "  danas search --config my.json --gpus 4\n"
      "  danas search --resume runs/mine\n"
      "  danas search --resume runs/mine --fork runs/other --set search.budget=150M\n"
      "Leaves best.json (of several search.budgets one for each, best-323M.json), the log and\n"
      "the supernet's weights in the run folder.");
  AddConfig(app, options.config);
  AddDataAndDevice(app, options.config);
  AddLaunch(app, options.launch, options.config);
  AddSeed(app, options.config);
  AddRun(app, options.run);
  AddResume(app, options.run);
  AddFork(app, options.run);
  AddPlan(app, options.plan);
  AddJson(app, options.json);
}

}  // namespace danas
