#include "search_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, SearchOptions& options) {
  app.description("Search for a network with Algorithm 1 of the paper, or with another strategy");
  app.footer(
      "Examples:\n"
      "  danas search --config fashion_mnist.json\n"
      "  danas search --config imagenet_shuffle_mobile.json --data /data/imagenet --dry-run\n"
      "  danas search --config coco_keypoints.json --images 149813 --dry-run --predict 4xv100\n"
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
  CLI::Option* predict =
      app.add_option(
             "--predict", options.predict,
             "with --dry-run: predict times and memory on so many GPUs of a kind (v100, a100, h100), which need "
             "not be here; nothing is timed")
          ->option_text("NxKIND")
          ->needs("--dry-run")
          ->excludes("--resume")
          ->excludes("--gpus")
          ->excludes("--ranks");
  app.add_option("--predict-set", options.predict_sets,
                 "with --predict: change a constant of the model, as in memory_share=0.25; repeatable")
      ->option_text("NAME=VALUE")
      ->allow_extra_args(false)
      ->needs(predict);
  AddJson(app, options.json);
}

}  // namespace danas
