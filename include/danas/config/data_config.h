// Config sections `data` and `schedule`.
#pragma once

#include "danas/config/describe.h"

namespace danas {

enum class DataFormat { kAuto, kFolder, kCifar10, kCifar100, kIdx, kManifest, kPacked, kCoco };
template <>
struct EnumNames<DataFormat> {
  static constexpr std::array kNames = {"auto", "folder", "cifar10", "cifar100", "idx", "manifest", "lmdb", "coco"};
};

enum class OnBadImage { kStop, kSkip };
template <>
struct EnumNames<OnBadImage> {
  static constexpr std::array kNames = {"stop", "skip"};
};

enum class JpegDecode { kExact, kReduced };
template <>
struct EnumNames<JpegDecode> {
  static constexpr std::array kNames = {"exact", "reduced"};
};

enum class CropKind { kRandomResized, kPad, kNone };
template <>
struct EnumNames<CropKind> {
  static constexpr std::array kNames = {"random_resized", "pad", "none"};
};

// Augmentation of training images, with torchvision's meaning of every word.
struct AugmentConfig {
  CropKind crop = CropKind::kRandomResized;
  std::vector<double> scale = {0.08, 1.0};
  std::vector<double> ratio = {0.75, 4.0 / 3.0};
  int64_t padding = 4;
  double flip = 0.5;
  double brightness = 0.4;
  double contrast = 0.4;
  double saturation = 0.4;
  double hue = 0.1;

  void Describe(ConfigVisitor& v) {
    v.Field("crop", crop,
            {.help = "random_resized: crop of random area and aspect ratio; pad: zero padding, then a random crop; "
                     "none: resize and centre crop, as in testing",
             .source = "ProxylessNAS"});
    v.Field("scale", scale,
            {.help = "random_resized: smallest and largest crop area, as a fraction of the image's area",
             .min = 0,
             .max = 1,
             .above_min = true,
             .items = 2,
             .source = "torchvision"});
    v.Field("ratio", ratio,
            {.help = "random_resized: smallest and largest aspect ratio (width / height)",
             .min = 0.01,
             .max = 100,
             .items = 2,
             .source = "torchvision"});
    v.Field("padding", padding, {.help = "pad: zero padding on each side", .unit = "pixels", .min = 0, .max = 256});
    v.Field("flip", flip, {.help = "probability of a horizontal flip", .min = 0, .max = 1, .source = "ProxylessNAS"});
    v.Field("brightness", brightness,
            {.help = "colour jitter: factor drawn from [1 - x, 1 + x]", .min = 0, .max = 1, .source = "ProxylessNAS"});
    v.Field("contrast", contrast,
            {.help = "colour jitter: factor drawn from [1 - x, 1 + x]", .min = 0, .max = 1, .source = "ProxylessNAS"});
    v.Field("saturation", saturation,
            {.help = "colour jitter: factor drawn from [1 - x, 1 + x]", .min = 0, .max = 1, .source = "ProxylessNAS"});
    v.Field("hue", hue,
            {.help = "colour jitter: shift drawn from [-x, x]",
             .unit = "turns",
             .min = 0,
             .max = 0.5,
             .source = "ProxylessNAS"});
  }
};

struct DataConfig {
  std::string root;
  std::string train;
  std::string test;
  std::string images;
  std::string test_images;
  std::string category;
  DataFormat format = DataFormat::kAuto;
  std::string class_names;
  int64_t image_size = 224;
  int64_t image_width = 0;
  int64_t test_resize = 256;
  std::vector<double> mean = {0.485, 0.456, 0.406};
  std::vector<double> std = {0.229, 0.224, 0.225};
  AugmentConfig augment;
  int64_t search_images_per_class = 0;
  int64_t validation_per_class = 50;
  double validation_fraction = 0;
  int64_t validation_images = 0;
  int64_t max_pixels = 178956970;
  JpegDecode decode = JpegDecode::kExact;
  OnBadImage on_error = OnBadImage::kStop;
  double most_bad = 0.01;
  int64_t workers = 0;
  int64_t queue = 4;

  bool NamesDataset() const { return !root.empty() || !train.empty(); }

  void Describe(ConfigVisitor& v) {
    v.Field("root", root,
            {.help = "folder that contains train/ and val/ or test/, or the dataset's original files",
             .resume = OnResume::kPlace});
    v.Field("train", train, {.help = "path to the training set, if it is not under root", .resume = OnResume::kPlace});
    v.Field(
        "test", test,
        {.help = "path to the test set, if it is not under root; never used by search", .resume = OnResume::kPlace});
    v.Field(
        "images", images,
        {.help = "folder with the training images of COCO annotations, if it is not beside them as COCO lays it out",
         .resume = OnResume::kPlace});
    v.Field("test_images", test_images, {.help = "the same of the test set", .resume = OnResume::kPlace});
    v.Field("category", category,
            {.help = "name of the category of COCO annotations whose key-points are meant; empty: the only one that "
                     "has key-points",
             .resume = OnResume::kFixed});
    v.Field("format", format, {.help = "layout of the dataset's files; auto: detected", .resume = OnResume::kPlace});
    v.Field("class_names", class_names,
            {.help = "file with one 'class text' per line, what is shown for each class (a folder's name, or a "
                     "number), or the name of a shipped one such as fashion_mnist",
             .resume = OnResume::kPlace});
    v.Field("image_size", image_size,
            {.help = "side length of the network's square input; its height, with image_width",
             .unit = "pixels",
             .min = 1,
             .max = 4096,
             .source = "paper",
             .resume = OnResume::kFixed});
    v.Field("image_width", image_width,
            {.help = "task keypoints: width of the network's input; 0: as image_size",
             .unit = "pixels",
             .min = 0,
             .max = 4096,
             .resume = OnResume::kFixed});
    v.Field("test_resize", test_resize,
            {.help = "testing: length to which the shorter side is resized before the centre crop",
             .unit = "pixels",
             .min = 1,
             .max = 8192,
             .source = "torchvision"});
    v.Field("mean", mean,
            {.help = "mean of each channel, or one value for all, subtracted after scaling to [0, 1]",
             .min = 0,
             .max = 1,
             .items = 3,
             .or_one = true,
             .source = "torchvision"});
    v.Field("std", std,
            {.help = "standard deviation of each channel, or one value for all, by which the result is divided",
             .min = 0,
             .max = 10,
             .above_min = true,
             .items = 3,
             .or_one = true,
             .source = "torchvision"});
    v.Nested("augment", augment, "augmentation of training images");
    v.Field("search_images_per_class", search_images_per_class,
            {.help = "maximum number of training images of each class that a search uses, drawn with the seed; 0: all",
             .unit = "images",
             .min = 0,
             .max = kMostImages,
             .resume = OnResume::kFixed});
    v.Field("validation_per_class", validation_per_class,
            {.help = "training images of each class held out as validation images, on which the architecture weights "
                     "are trained",
             .unit = "images",
             .min = 0,
             .max = kMostImages,
             .source = "paper",
             .resume = OnResume::kFixed});
    v.Field("validation_fraction", validation_fraction,
            {.help = "fraction of each class held out instead, if above 0",
             .min = 0,
             .max = 0.9,
             .resume = OnResume::kFixed});
    v.Field("validation_images", validation_images,
            {.help = "persons with key-points: images held out instead, with everybody in them, drawn with the seed "
                     "from all that the annotations list; 0: as the two keys above say, of the images with persons",
             .unit = "images",
             .min = 0,
             .max = kMostImages,
             .resume = OnResume::kFixed});
    v.Field("max_pixels", max_pixels,
            {.help = "images whose header declares more pixels are rejected",
             .unit = "pixels",
             .min = 1,
             .max = 1e12,
             .source = "Pillow"});
    v.Field("decode", decode,
            {.help = "JPEG decoding. exact: as Pillow; reduced: images that will be downscaled are decoded at 1/2, 1/4 "
                     "or 1/8 of their size, which is faster and gives nearly the same result"});
    v.Field("on_error", on_error,
            {.help = "what to do with an unreadable image. stop: stop the run; skip: list the image in the run's "
                     "bad_files.txt and use another of its class in training, or leave it out in testing"});
    v.Field("most_bad", most_bad,
            {.help = "on_error skip: maximum fraction of a dataset's images that may be unreadable",
             .min = 0,
             .max = 1,
             .resume = OnResume::kMayChange});
    v.Field("workers", workers,
            {.help = "number of decoding threads; 0: as many as runtime.threads",
             .min = 0,
             .max = 1024,
             .resume = OnResume::kMayChange});
    v.Field("queue", queue,
            {.help = "number of batches decoded ahead",
             .unit = "batches",
             .min = 1,
             .max = 1024,
             .resume = OnResume::kMayChange});
  }
};

struct ScheduleConfig {
  std::string ranking = "random";
  std::vector<std::string> class_order;
  bool reverse = false;
  std::string difficulty;
  std::vector<double> classes = {0.1, 0.3, 0.6, 1.0};
  int64_t warmup_epochs = 10;
  int64_t epochs_per_step = 20;

  void Describe(ConfigVisitor& v) {
    v.Field("ranking", ranking,
            {.help = "order of the classes from easy to hard: path to a ranking.json, 'auto' (the run ranks them "
                     "first, as section easiness says), 'random' (drawn with the seed) or 'listed' (class_order, or "
                     "the dataset's order if that is empty)",
             .resume = OnResume::kFixed});
    v.Field("class_order", class_order,
            {.help = "ranking 'listed': every class id, easiest first", .resume = OnResume::kFixed});
    v.Field("reverse", reverse,
            {.help = "start with the hardest classes (Table 4), or persons", .resume = OnResume::kFixed});
    v.Field("difficulty", difficulty,
            {.help = "key-points: file with an error of each person (danas evaluate --difficulty), by which persons come "
                     "in from easy to hard; empty: all persons in every phase",
             .resume = OnResume::kFixed});
    v.Field("classes", classes,
            {.help = "number of classes in warm-up and in each schedule step: counts, or fractions of all classes if "
                     "no entry is above 1; with difficulty, fractions of the persons, of which the last is 1",
             .min = 0,
             .max = 1e9,
             .above_min = true,
             .source = "paper",
             .resume = OnResume::kFixed});
    v.Field("warmup_epochs", warmup_epochs,
            {.help = "epochs in which only the weights are trained",
             .unit = "epochs",
             .min = 0,
             .max = kMostEpochs,
             .source = "paper"});
    v.Field("epochs_per_step", epochs_per_step,
            {.help = "epochs in each schedule step, before its pruning",
             .unit = "epochs",
             .min = 1,
             .max = kMostEpochs,
             .source = "paper"});
  }
};

}  // namespace danas
