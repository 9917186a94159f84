#include "data_options.h"

namespace danas {
namespace {

void AddThreads(CLI::App& app, int64_t& threads) {
  app.add_option("--threads", threads, "threads that decode (default: one for each core)")
      ->option_text("N")
      ->check(CLI::Range(1, 1024));
}

}  // namespace

void DescribeOptions(CLI::App& app, DataInfoOptions& options) {
  app.description("Say what danas sees in a dataset");
  app.footer(
      "Examples:\n"
      "  danas data info --data /data/cifar10\n"
      "  danas data info --data /data/packed");
  AddConfig(app, options.config);
  AddData(app, options.config);
  AddJson(app, options.json);
}

void DescribeOptions(CLI::App& app, DataManifestOptions& options) {
  app.description("Make a manifest of ImageNet's flat val/ folder");
  app.footer(
      "Example:\n"
      "  danas data manifest --devkit ILSVRC2012_devkit_t12 --data imagenet/val --out imagenet/val.csv\n"
      "Then: --set data.train=imagenet/train --set data.test=imagenet/val.csv");
  app.add_option("--devkit", options.devkit, "the development kit, unpacked")->option_text("DIR")->required();
  app.add_option("-d,--data", options.images, "the folder of the images")->option_text("DIR")->required();
  app.add_option("-o,--out", options.out, "manifest to write (.csv)")->option_text("FILE")->required();
  app.add_option("--class-names", options.class_names, "write the classes' texts too, for data.class_names")
      ->option_text("FILE");
  app.add_option("--synsets", options.synsets, "text file of WordNet ids instead of the kit's meta.mat")
      ->option_text("FILE");
}

void DescribeOptions(CLI::App& app, DataPackOptions& options) {
  app.description("Copy a dataset into LMDB databases, which are read faster");
  app.footer(
      "Examples:\n"
      "  danas data pack /data/imagenet /data/imagenet-256 --resize-short 256 --quality 90\n"
      "  danas data pack /data/photos /data/photos-packed --keep-bytes\n"
      "  danas data pack /data/imagenet/val.csv /data/imagenet-256/val\n"
      "Then: --data /data/imagenet-256. A root with train/ and val/ or test/ (or their manifests) makes the same "
      "below\n"
      "OUT; one set alone lies in OUT itself. Killed, or out of space: run it again, and it goes on. CIFAR and IDX "
      "are\n"
      "kept without loss. With --keep-bytes the fingerprint stays, and searches see the same batches.");
  app.add_option("in", options.in, "dataset: its root or one of its sets")->option_text("IN")->required();
  app.add_option("out", options.out, "folder to make")->option_text("OUT")->required();
  CLI::Option* keep = app.add_flag("--keep-bytes", options.keep_bytes, "image files as they are");
  app.add_option("--resize-short", options.resize_short, "the shorter side of larger images (default: 256)")
      ->option_text("PIXELS")
      ->check(CLI::Range(1, 65500))
      ->excludes(keep);
  app.add_option("--quality", options.quality, "of the JPEGs (default: 90)")
      ->option_text("1-100")
      ->check(CLI::Range(1, 100))
      ->excludes(keep);
  app.add_flag("--skip-bad", options.skip_bad, "leave out and list images that cannot be read, up to data.most_bad");
  AddThreads(app, options.threads);
  AddConfig(app, options.config);
  AddJson(app, options.json);
}

void DescribeOptions(CLI::App& app, DataCheckOptions& options) {
  app.description("Decode every image and list what is broken");
  app.footer(
      "Examples:\n"
      "  danas data check /data/photos\n"
      "  danas data check /data/imagenet-256 --threads 8\n"
      "Of packed sets it compares all bytes with their hashes. Exit code 4 where anything is broken.");
  app.add_option("path", options.path, "dataset: its root or one of its sets")->option_text("PATH")->required();
  AddThreads(app, options.threads);
  AddConfig(app, options.config);
  AddJson(app, options.json);
}

}  // namespace danas
