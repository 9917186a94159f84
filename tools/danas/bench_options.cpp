#include "bench_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, BenchSupernetOptions& options) {
  app.description("Time a search's two steps and predict the hours of a search");
  app.footer(
      "Examples:\n"
      "  danas bench supernet --config fashion_mnist_short.json\n"
      "  danas bench supernet --space mobile_small --batch 32 --kernels fused,aten --threads 2\n"
      "  danas bench supernet --config imagenet_mobile.json --images 1231167 --batch 8\n"
      "  danas bench supernet --space mobile --device cuda --batch 64 --profile steps.txt\n"
      "Ways of computing take turns; each is compared with the first, with a 95 % interval. Run it on a quiet "
      "machine.");
  AddConfig(app, options.config);
  app.add_option("--space", options.space, "a search space instead of the config's, at its own size")
      ->option_text("SPACE");
  AddDataAndDevice(app, options.config);
  app.add_option("--kernels", options.kernels, "ways of computing: fused, aten (default: both where both can)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::IsMember({"fused", "aten"}));
  app.add_option("--recompute", options.recompute, "none, layer (default: none)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::IsMember({"none", "layer"}));
  app.add_option("--batch", options.batch, "images a step (default: the config's; on a CPU at most 32)")
      ->option_text("N")
      ->check(CLI::Range(2, 1 << 20));
  app.add_option("--rounds", options.rounds, "rounds (default: 5)")->option_text("N")->check(CLI::Range(1, 10000));
  app.add_option("--steps", options.steps, "steps of each kind a round (default: 3)")
      ->option_text("N")
      ->check(CLI::Range(1, 10000));
  app.add_option("--images", options.images, "images of the training set, to predict a search without it")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  app.add_option("--profile", options.profile,
                 "profile one more step of each kind: operators and kernels by time and count, and for how long a "
                 "GPU is idle, as text")
      ->option_text("FILE");
  AddSetting(app, options.config, "--threads", "N", "runtime.threads", "threads (runtime.threads)");
  AddJson(app, options.json);
}

void DescribeOptions(CLI::App& app, BenchLoaderOptions& options) {
  app.description("Time the loader on a dataset");
  app.footer(
      "Example:\n"
      "  danas bench loader --data /data/imagenet --set data.image_size=224 --workers 1,2,4\n"
      "Training images are decoded and augmented as the config says, then dropped.");
  AddConfig(app, options.config);
  AddData(app, options.config);
  app.add_option("--workers", options.workers, "decoding threads (default: 1 and as many as cores)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--batch", options.batch, "images a batch (default: train.batch)")
      ->option_text("N")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--images", options.images, "images a pass, drawn evenly (default: at most 20,000)")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  app.add_option("--passes", options.passes, "timed passes (default: 3)")->option_text("N")->check(CLI::Range(1, 1000));
  AddJson(app, options.json);
}

}  // namespace danas
