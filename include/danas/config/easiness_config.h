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
            {.help = "networks that judge; 'NAME@SEED' trains with a seed of its own, 'NAME=FILE' has its weights in a "
                     "file",
             .source = "paper"});
    v.Field("kind", kind,
            {.help = "what a class's score is: mean of the entropies' histogram, mean or median entropy, mean "
                     "cross-entropy, error after an early epoch, variance of accuracy over epochs, error",
             .source = "paper"});
    v.Field("aggregation", aggregation,
            {.help = "mean_histogram: histograms (scores of other kinds) averaged over networks; borda: mean rank",
             .source = "paper"});
    v.Field("split", split,
            {.help = "images that are scored: those the networks trained on, or the carved validation images",
             .source = "paper"});
    v.Field("bins", bins,
            {.help = "equal bins of a histogram on [0, ln K], the last one closed", .min = 2, .max = 10000});
    v.Field("early_share", early_share,
            {.help = "early_accuracy: the epoch at this share of training", .min = 0, .max = 1, .above_min = true});
    v.Field("relevance", relevance,
            {.help = "relevance of neurons for classes (Fig. 2): response: difference of means over spread; lrp: "
                     "classifier weight times mean, not for vgg16; none saves two passes over the images a network"});
    v.Field("resamples", resamples,
            {.help = "bootstrap resamples of classes behind the 95 % intervals", .min = 100, .max = 1000000});
    v.Field("batch", batch, {.help = "images scored at once", .unit = "images", .min = 1, .max = 65536});
    v.Field("networks", networks, {.help = "folder where trained networks are kept and looked for"});
  }
};

}  // namespace danas
