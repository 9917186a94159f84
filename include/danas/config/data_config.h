// Config sections `data` and `schedule`.
#pragma once

#include "danas/config/describe.h"

namespace danas {

enum class DataFormat { kAuto, kFolder, kCifar10, kCifar100, kIdx, kManifest, kPacked };
template <>
struct EnumNames<DataFormat> {
  static constexpr std::array kNames = {"auto", "folder", "cifar10", "cifar100", "idx", "manifest", "lmdb"};
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
            {.help = "random_resized: area and ratio drawn; pad: zeros around, then a random crop; none: as in testing",
             .source = "ProxylessNAS"});
    v.Field("scale", scale,
            {.help = "random_resized: least and largest share of the image's area",
             .min = 0,
             .max = 1,
             .above_min = true,
             .items = 2,
             .source = "torchvision"});
    v.Field("ratio", ratio,
            {.help = "random_resized: least and largest width / height",
             .min = 0.01,
             .max = 100,
             .items = 2,
             .source = "torchvision"});
    v.Field("padding", padding, {.help = "pad: zeros on each side", .unit = "pixels", .min = 0, .max = 256});
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
  DataFormat format = DataFormat::kAuto;
  std::string class_names;
  int64_t image_size = 224;
  int64_t test_resize = 256;
  std::vector<double> mean = {0.485, 0.456, 0.406};
  std::vector<double> std = {0.229, 0.224, 0.225};
  AugmentConfig augment;
  int64_t search_images_per_class = 0;
  int64_t validation_per_class = 50;
  double validation_fraction = 0;
  int64_t max_pixels = 178956970;
  JpegDecode decode = JpegDecode::kExact;
  OnBadImage on_error = OnBadImage::kStop;
  double most_bad = 0.01;
  int64_t workers = 0;
  int64_t queue = 4;

  bool NamesDataset() const { return !root.empty() || !train.empty(); }

  void Describe(ConfigVisitor& v) {
    v.Field(
        "root", root,
        {.help = "folder with train/ and val/ or test/, or with a dataset's own files", .resume = OnResume::kPlace});
    v.Field("train", train, {.help = "training set, where it does not lie under root", .resume = OnResume::kPlace});
    v.Field("test", test,
            {.help = "test set, where it does not lie under root; never used by search", .resume = OnResume::kPlace});
    v.Field("format", format, {.help = "layout of the files; auto recognises it", .resume = OnResume::kPlace});
    v.Field(
        "class_names", class_names,
        {.help = "file that maps class folders to label texts, one 'folder text' a line", .resume = OnResume::kPlace});
    v.Field("image_size", image_size,
            {.help = "side of the square the network sees",
             .unit = "pixels",
             .min = 1,
             .max = 4096,
             .source = "paper",
             .resume = OnResume::kFixed});
    v.Field("test_resize", test_resize,
            {.help = "testing: the shorter side is resized to this, then the centre is cropped",
             .unit = "pixels",
             .min = 1,
             .max = 8192,
             .source = "torchvision"});
    v.Field("mean", mean,
            {.help = "mean of each channel, or one for all, subtracted after scaling to [0, 1]",
             .min = 0,
             .max = 1,
             .items = 3,
             .or_one = true,
             .source = "torchvision"});
    v.Field("std", std,
            {.help = "standard deviation of each channel, or one for all, divided by",
             .min = 0,
             .max = 10,
             .above_min = true,
             .items = 3,
             .or_one = true,
             .source = "torchvision"});
    v.Nested("augment", augment, "random changes to training images");
    v.Field("search_images_per_class", search_images_per_class,
            {.help = "a search sees at most so many training images of each class, drawn by the seed; 0: all",
             .unit = "images",
             .min = 0,
             .max = kMostImages,
             .resume = OnResume::kFixed});
    v.Field("validation_per_class", validation_per_class,
            {.help = "images of each class carved from train for the architecture weights",
             .unit = "images",
             .min = 0,
             .max = kMostImages,
             .source = "paper",
             .resume = OnResume::kFixed});
    v.Field(
        "validation_fraction", validation_fraction,
        {.help = "share of each class carved instead, when above 0", .min = 0, .max = 0.9, .resume = OnResume::kFixed});
    v.Field("max_pixels", max_pixels,
            {.help = "an image whose header promises more is refused",
             .unit = "pixels",
             .min = 1,
             .max = 1e12,
             .source = "Pillow"});
    v.Field(
        "decode", decode,
        {.help = "JPEGs: exact, as Pillow does; reduced: what will be resized to a fraction of its size is decoded at "
                 "1/2, 1/4 or 1/8, faster and nearly the same"});
    v.Field(
        "on_error", on_error,
        {.help = "an image that cannot be read: stop the run, or skip it: another of its class is taken in training, "
                 "a test set is smaller by it; bad_files.txt of the run lists it"});
    v.Field("most_bad", most_bad,
            {.help = "on_error skip: the largest share of a dataset's images that may be bad",
             .min = 0,
             .max = 1,
             .resume = OnResume::kMayChange});
    v.Field("workers", workers,
            {.help = "decode threads; 0: one for every thread of runtime.threads",
             .min = 0,
             .max = 1024,
             .resume = OnResume::kMayChange});
    v.Field(
        "queue", queue,
        {.help = "batches decoded ahead", .unit = "batches", .min = 1, .max = 1024, .resume = OnResume::kMayChange});
  }
};

struct ScheduleConfig {
  std::string ranking = "random";
  std::vector<std::string> class_order;
  bool reverse = false;
  std::vector<double> classes = {0.1, 0.3, 0.6, 1.0};
  int64_t warmup_epochs = 10;
  int64_t epochs_per_step = 20;

  void Describe(ConfigVisitor& v) {
    v.Field("ranking", ranking,
            {.help = "classes from easy to hard: path of a ranking.json, 'auto' (ranked first, by section easiness), "
                     "'random' (from the seed), or 'listed' (class_order, or the dataset's order)",
             .resume = OnResume::kFixed});
    v.Field("class_order", class_order,
            {.help = "ranking 'listed': every class id, easiest first", .resume = OnResume::kFixed});
    v.Field("reverse", reverse, {.help = "hardest classes first (Table 4)", .resume = OnResume::kFixed});
    v.Field(
        "classes", classes,
        {.help = "classes in warm-up and in each schedule step: counts, or shares of all classes when none is above 1",
         .min = 0,
         .max = 1e9,
         .above_min = true,
         .source = "paper",
         .resume = OnResume::kFixed});
    v.Field(
        "warmup_epochs", warmup_epochs,
        {.help = "epochs of weight training alone", .unit = "epochs", .min = 0, .max = kMostEpochs, .source = "paper"});
    v.Field("epochs_per_step", epochs_per_step,
            {.help = "epochs of each schedule step, before its pruning",
             .unit = "epochs",
             .min = 1,
             .max = kMostEpochs,
             .source = "paper"});
  }
};

}  // namespace danas
