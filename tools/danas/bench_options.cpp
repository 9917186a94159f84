#include "bench_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, BenchSupernetOptions& options) {
  app.description("Time the two steps of a search and predict how long a search takes");
  app.footer(
      "Examples:\n"
      "  danas bench supernet --config fashion_mnist_short.json\n"
      "  danas bench supernet --space mobile_small --batch 32 --kernels fused,aten --threads 2\n"
      "  danas bench supernet --config imagenet_mobile.json --images 1231167 --batch 8\n"
      "  danas bench supernet --space mobile --device cuda --batch 64 --profile steps.txt\n"
      "The combinations of --kernels and --recompute are timed in turn, and each is compared with the first (95 %\n"
      "interval). Run it on an otherwise idle machine.");
  AddConfig(app, options.config);
  app.add_option("--space", options.space, "search space to time instead of a config, at its own input size")
      ->option_text("SPACE");
  AddDataAndDevice(app, options.config);
  app.add_option("--kernels", options.kernels, "kernels to time: fused, aten (default: both, where fused is available)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::IsMember({"fused", "aten"}));
  app.add_option("--recompute", options.recompute, "activation recomputation to time: none, layer (default: none)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::IsMember({"none", "layer"}));
  app.add_option("--batch", options.batch, "images per step (default: the config's, at most 32 on a CPU)")
      ->option_text("N")
      ->check(CLI::Range(2, 1 << 20));
  app.add_option("--rounds", options.rounds, "number of rounds (default: 5)")
      ->option_text("N")
      ->check(CLI::Range(1, 10000));
  app.add_option("--steps", options.steps, "timed steps of each kind per round (default: 3)")
      ->option_text("N")
      ->check(CLI::Range(1, 10000));
  app.add_option("--images", options.images, "number of training images, to predict a search without the dataset")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  app.add_option("--profile", options.profile,
                 "profile one more step of each kind and write a text report: operators and kernels by time and "
                 "count, and GPU idle time")
      ->option_text("FILE");
  AddSetting(app, options.config, "--threads", "N", "runtime.threads", "number of threads (runtime.threads)");
  AddJson(app, options.json);
}

void DescribeOptions(CLI::App& app, BenchLoaderOptions& options) {
  app.description("Time the data loader on a dataset");
  app.footer(
      "Example:\n"
      "  danas bench loader --data /data/imagenet --set data.image_size=224 --workers 1,2,4\n"
      "Training images are decoded and augmented as configured, then dropped.");
  AddConfig(app, options.config);
  AddData(app, options.config);
  app.add_option("--workers", options.workers,
                 "numbers of decoding threads to time (default: 1 and the number of cores)")
      ->option_text("LIST")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--batch", options.batch, "images per batch (default: train.batch)")
      ->option_text("N")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--images", options.images,
                 "images per pass, evenly spaced over the dataset (default: all, at most 20,000)")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  app.add_option("--passes", options.passes, "number of timed passes (default: 3)")
      ->option_text("N")
      ->check(CLI::Range(1, 1000));
  AddJson(app, options.json);
}

}  // namespace danas
