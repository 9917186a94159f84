// Config section `easiness`: how classes are ranked from easy to hard (section 4, Eq. 1-3).
#pragma once

#include "danas/config/describe.h"

namespace danas {

// What makes a class easy; the score of each is lower for easier classes.
enum class EasinessKind {
  kEntropyHistogram,   // mean of the entropies' histogram (Eq. 3)
  kMeanEntropy,        // exact mean of the entropies (Eq. 2)
  kMedianEntropy,      // their median
  kCrossEntropy,       // mean cross-entropy of the true class
  kEarlyAccuracy,      // 1 - top-1 after an early epoch
  kAccuracyVariance,   // variance of top-1 over the epochs of training (Fig. 1)
  kConfusionDiagonal,  // 1 - share of images taken for their own class
};
template <>
struct EnumNames<EasinessKind> {
  static constexpr std::array kNames = {"entropy_histogram", "mean_entropy",      "median_entropy",    "cross_entropy",
                                        "early_accuracy",    "accuracy_variance", "confusion_diagonal"};
};

enum class EasinessAggregation { kMeanHistogram, kBorda };
template <>
struct EnumNames<EasinessAggregation> {
  static constexpr std::array kNames = {"mean_histogram", "borda"};
};

enum class EasinessSplit { kTrain, kHeldOut };
template <>
struct EnumNames<EasinessSplit> {
  static constexpr std::array kNames = {"train", "held_out"};
};

enum class RelevanceChoice { kNone, kResponse, kLrp, kBoth };
template <>
struct EnumNames<RelevanceChoice> {
  static constexpr std::array kNames = {"none", "response", "lrp", "both"};
};

struct EasinessConfig {
  std::vector<std::string> models = {"resnet34", "vgg16", "mobilenetv1", "mobilenetv2", "shufflenetv1", "shufflenetv2"};
  EasinessKind kind = EasinessKind::kEntropyHistogram;
  EasinessAggregation aggregation = EasinessAggregation::kMeanHistogram;
  EasinessSplit split = EasinessSplit::kTrain;
  int64_t bins = 50;
  double early_share = 0.1;
  RelevanceChoice relevance = RelevanceChoice::kBoth;
  int64_t resamples = 1000;
  int64_t batch = 128;
  std::string networks = "runs/networks";

  void Describe(ConfigVisitor& v) {
    v.Field("models", models,
            {.help = "networks that score the classes; 'NAME@SEED' is trained with its own seed, 'NAME=FILE' takes its "
                     "weights from a file",
             .source = "paper"});
    v.Field(
        "kind", kind,
        {.help =
             "score of a class, in the order of the values: mean of the histogram of entropies, mean entropy, median "
             "entropy, mean cross-entropy, error after an early epoch, variance of accuracy over the epochs, error",
         .source = "paper"});
    v.Field(
        "aggregation", aggregation,
        {.help = "mean_histogram: histograms (for other kinds, scores) averaged over the networks; borda: mean rank",
         .source = "paper"});
    v.Field("split", split,
            {.help = "images to score. train: those that the networks were trained on; held_out: the held-out "
                     "validation images",
             .source = "paper"});
    v.Field("bins", bins,
            {.help = "number of equal-width histogram bins on [0, ln K]; the last one includes its upper end",
             .min = 2,
             .max = 10000});
    v.Field("early_share", early_share,
            {.help = "early_accuracy: the epoch to score, as a fraction of training",
             .min = 0,
             .max = 1,
             .above_min = true});
    v.Field("relevance", relevance,
            {.help = "relevance of neurons to classes (Fig. 2). response: difference of means divided by standard "
                     "deviation; lrp: classifier weight times mean activation, not for vgg16; none: saves two passes "
                     "over the images per network"});
    v.Field("resamples", resamples,
            {.help = "number of bootstrap resamples of the classes for the 95 % confidence intervals",
             .min = 100,
             .max = 1000000});
    v.Field("batch", batch, {.help = "batch size for scoring", .unit = "images", .min = 1, .max = 65536});
    v.Field("networks", networks, {.help = "folder in which trained networks are stored and looked up"});
  }
};

}  // namespace danas
