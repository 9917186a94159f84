#include "data_options.h"

namespace danas {
namespace {

void AddThreads(CLI::App& app, int64_t& threads) {
  app.add_option("--threads", threads, "number of decoding threads (default: one per core)")
      ->option_text("N")
      ->check(CLI::Range(1, 1024));
}

}  // namespace

void DescribeOptions(CLI::App& app, DataInfoOptions& options) {
  app.description("Show the classes and images of a dataset");
  app.footer(
      "Examples:\n"
      "  danas data info /data/cifar10\n"
      "  danas data info /data/packed\n"
      "  danas data info /data/coco\n"
      "  danas data info --config fashion_mnist");
  CLI::Option* path = app.add_option("path", options.path, "dataset: its root or one of its sets")->option_text("PATH");
  AddConfig(app, options.config);
  AddData(app, options.config)->excludes(path);
  AddJson(app, options.json);
}

void DescribeOptions(CLI::App& app, DataManifestOptions& options) {
  app.description("Write a manifest for ImageNet's flat val/ folder");
  app.footer(
      "Example:\n"
      "  danas data manifest --devkit ILSVRC2012_devkit_t12 --data imagenet/val --out imagenet/val.csv\n"
      "Then use --set data.train=imagenet/train --set data.test=imagenet/val.csv");
  app.add_option("--devkit", options.devkit, "unpacked development kit")->option_text("DIR")->required();
  app.add_option("-d,--data", options.images, "folder with the images")->option_text("DIR")->required();
  app.add_option("-o,--out", options.out, "manifest to write (.csv)")->option_text("FILE")->required();
  app.add_option("--class-names", options.class_names, "also write the class names to this file, for data.class_names")
      ->option_text("FILE");
  app.add_option("--synsets", options.synsets, "text file of WordNet IDs to use instead of the kit's meta.mat")
      ->option_text("FILE");
}

void DescribeOptions(CLI::App& app, DataPackOptions& options) {
  app.description("Pack a dataset into LMDB databases, for faster reading");
  app.footer(
      "Examples:\n"
      "  danas data pack /data/imagenet /data/imagenet-256 --resize-short 256 --quality 90\n"
      "  danas data pack /data/photos /data/photos-packed --keep-bytes\n"
      "  danas data pack /data/imagenet/val.csv /data/imagenet-256/val\n"
      "Then use --data /data/imagenet-256. A root with train/ and val/ or test/ (or their manifests) is packed into\n"
      "the same subfolders of OUT, a single set into OUT itself. If the command is killed or the disk is full, run it\n"
      "again to resume. CIFAR and IDX images are stored without loss. With --keep-bytes the fingerprint does not\n"
      "change, and searches see the same batches.");
  app.add_option("in", options.in, "dataset: its root or one of its sets")->option_text("IN")->required();
  app.add_option("out", options.out, "folder to create")->option_text("OUT")->required();
  CLI::Option* keep = app.add_flag("--keep-bytes", options.keep_bytes, "store image files unchanged");
  app.add_option("--resize-short", options.resize_short, "resize larger images to this shorter side (default: 256)")
      ->option_text("PIXELS")
      ->check(CLI::Range(1, 65500))
      ->excludes(keep);
  app.add_option("--quality", options.quality, "JPEG quality (default: 90)")
      ->option_text("1-100")
      ->check(CLI::Range(1, 100))
      ->excludes(keep);
  app.add_flag("--skip-bad", options.skip_bad, "skip and list images that cannot be read, up to data.most_bad");
  AddThreads(app, options.threads);
  AddConfig(app, options.config);
  AddJson(app, options.json);
}

void DescribeOptions(CLI::App& app, DataCheckOptions& options) {
  app.description("Decode every image and list broken ones");
  app.footer(
      "Examples:\n"
      "  danas data check /data/photos\n"
      "  danas data check /data/imagenet-256 --threads 8\n"
      "In packed sets, all bytes are also compared with their hashes. Exits with code 4 if anything is broken.");
  app.add_option("path", options.path, "dataset: its root or one of its sets")->option_text("PATH")->required();
  AddThreads(app, options.threads);
  AddConfig(app, options.config);
  AddJson(app, options.json);
}

}  // namespace danas
