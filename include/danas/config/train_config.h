// Config sections `runtime`, `train`, `finetune` and `zoo`.
#pragma once

#include "danas/config/describe.h"

namespace danas {

enum class AmpKind { kNone, kBf16, kFp16 };
template <>
struct EnumNames<AmpKind> {
  static constexpr std::array kNames = {"none", "bf16", "fp16"};
};

enum class Precision { kFloat32, kFloat64 };
template <>
struct EnumNames<Precision> {
  static constexpr std::array kNames = {"float32", "float64"};
};

enum class MemoryLayout { kAuto, kChannelsLast, kContiguous };
template <>
struct EnumNames<MemoryLayout> {
  static constexpr std::array kNames = {"auto", "channels_last", "contiguous"};
};

enum class OptimizerKind { kSgd, kAdam };
template <>
struct EnumNames<OptimizerKind> {
  static constexpr std::array kNames = {"sgd", "adam"};
};

enum class RateDecay { kCosine, kSteps };
template <>
struct EnumNames<RateDecay> {
  static constexpr std::array kNames = {"cosine", "steps"};
};

enum class OnNonFinite { kStop, kSkip };
template <>
struct EnumNames<OnNonFinite> {
  static constexpr std::array kNames = {"stop", "skip"};
};

enum class FinetuneInit { kScratch, kSupernet };
template <>
struct EnumNames<FinetuneInit> {
  static constexpr std::array kNames = {"scratch", "supernet"};
};

struct RuntimeConfig {
  std::string device = "auto";
  int64_t threads = 0;
  AmpKind amp = AmpKind::kNone;
  Precision precision = Precision::kFloat32;
  bool deterministic = true;
  MemoryLayout layout = MemoryLayout::kAuto;
  double ask_above = 60;

  void Describe(ConfigVisitor& v) {
    v.Field("device", device,
            {.help = "auto (a GPU if there is one), cpu, cuda or cuda:N", .resume = OnResume::kMayChange});
    v.Field("threads", threads, {.help = "number of compute threads; 0: one per core", .min = 0, .max = 4096});
    v.Field("amp", amp, {.help = "automatic mixed precision; α, costs and losses stay in fp32"});
    v.Field("precision", precision,
            {.help = "number format of weights, features and α; float64 is for checks: runs that should agree then do "
                     "so to 1e-10"});
    v.Field("deterministic", deterministic,
            {.help = "the same seed gives bit-identical results; false: cuDNN may choose its fastest algorithms"});
    v.Field("layout", layout, {.help = "memory layout of images and features; auto: channels_last"});
    v.Field(
        "ask_above", ask_above,
        {.help = "a run that is expected to take longer says what would shorten it and, on a terminal, asks before it "
                 "begins; 0: never",
         .unit = "minutes",
         .min = 0,
         .max = 1e6,
         .resume = OnResume::kMayChange});
  }
};

// One training recipe: SGD with Nesterov momentum and a cosine over all iterations, or Adam, or steps.
struct TrainConfig {
  int64_t batch = 256;
  int64_t micro_batch = 0;
  OptimizerKind optimizer = OptimizerKind::kSgd;
  double lr = 0.1;
  RateDecay lr_decay = RateDecay::kCosine;
  double lr_min = 0;
  std::vector<double> lr_steps = {0.65, 0.85};
  double lr_step_factor = 0.1;
  double lr_warmup_epochs = 0;
  double momentum = 0.9;
  bool nesterov = true;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double weight_decay = 4e-5;
  bool decay_norm_and_bias = true;
  double label_smoothing = 0.1;
  double clip_norm = 0;
  double ema_decay = 0;
  OnNonFinite on_nonfinite = OnNonFinite::kStop;
  bool sync_bn = false;
  int64_t bn_groups = 1;

  void Describe(ConfigVisitor& v) {
    v.Field(
        "batch", batch,
        {.help = "images per optimiser step, over all processes", .unit = "images", .min = 2, .max = kMostInABatch});
    v.Field("micro_batch", micro_batch,
            {.help = "images per forward pass; gradients are accumulated over the batch; 0: the whole batch",
             .unit = "images",
             .min = 0,
             .max = kMostInABatch});
    v.Field("optimizer", optimizer, {.help = "sgd: with momentum; adam: in PyTorch's form, with ε 1e-8"});
    v.Field("lr", lr, {.help = "learning rate, before it falls", .min = 0, .max = 100, .above_min = true});
    v.Field("lr_decay", lr_decay,
            {.help = "how the learning rate falls. cosine: in every step, towards lr_min; steps: by lr_step_factor at "
                     "each of lr_steps"});
    v.Field("lr_min", lr_min, {.help = "cosine: learning rate at the end", .min = 0, .max = 100});
    v.Field("lr_steps", lr_steps,
            {.help = "steps: epochs after which the learning rate falls, or fractions of all steps if none is above 1",
             .min = 0,
             .max = kMostEpochs});
    v.Field("lr_step_factor", lr_step_factor,
            {.help = "steps: factor by which it falls", .min = 0, .max = 1, .above_min = true});
    v.Field("lr_warmup_epochs", lr_warmup_epochs,
            {.help = "epochs over which the learning rate rises linearly from 0",
             .unit = "epochs",
             .min = 0,
             .max = kMostEpochs});
    v.Field("momentum", momentum, {.help = "momentum of SGD", .min = 0, .max = 0.9999, .source = "ProxylessNAS"});
    v.Field("nesterov", nesterov, {.help = "use Nesterov momentum", .source = "ProxylessNAS"});
    v.Field("beta1", beta1,
            {.help = "adam: decay of the mean of gradients", .min = 0, .max = 0.9999, .source = "PyTorch"});
    v.Field("beta2", beta2,
            {.help = "adam: decay of the mean of squared gradients", .min = 0, .max = 0.999999, .source = "PyTorch"});
    v.Field("weight_decay", weight_decay,
            {.help = "L2 penalty, added to the gradient", .min = 0, .max = 1, .source = "ProxylessNAS"});
    v.Field("decay_norm_and_bias", decay_norm_and_bias, {.help = "apply weight decay to batch norm and biases too"});
    v.Field("label_smoothing", label_smoothing,
            {.help = "label smoothing: fraction of the target spread over all classes learnt so far",
             .min = 0,
             .max = 0.99,
             .source = "ProxylessNAS"});
    v.Field("clip_norm", clip_norm, {.help = "maximum L2 norm of all gradients together; 0: no clipping", .min = 0});
    v.Field(
        "ema_decay", ema_decay,
        {.help = "decay of the exponential moving average of the weights; 0: none is kept", .min = 0, .max = 0.999999});
    v.Field("on_nonfinite", on_nonfinite,
            {.help = "what to do when a loss is not finite. stop: stop the run; skip: skip the step and count it"});
    v.Field(
        "sync_bn", sync_bn,
        {.help =
             "batch norm computes its statistics over the images of all processes; false: each process over its own"});
    v.Field("bn_groups", bn_groups,
            {.help = "single process: batch norm computes its statistics separately over this many parts of a batch, "
                     "as that many processes would",
             .min = 1,
             .max = 128});
  }
};

struct FinetuneConfig {
  int64_t epochs = 300;
  FinetuneInit init = FinetuneInit::kScratch;
  bool whole_training_set = true;
  double dropout = 0.1;
  TrainConfig train = {.batch = 1024, .lr = 0.5, .lr_warmup_epochs = 5, .decay_norm_and_bias = false};

  void Describe(ConfigVisitor& v) {
    v.Field("epochs", epochs,
            {.help = "number of epochs for which the found network is trained",
             .unit = "epochs",
             .min = 1,
             .max = kMostEpochs,
             .source = "ProxylessNAS"});
    v.Field("init", init, {.help = "initial weights. scratch: random; supernet: those at the end of the search"});
    v.Field("whole_training_set", whole_training_set, {.help = "train on the held-out validation images too"});
    v.Field("dropout", dropout,
            {.help = "dropout probability before the classifier", .min = 0, .max = 0.99, .source = "ProxylessNAS"});
    v.Nested("train", train, "training recipe of the found network");
  }
};

// Defaults are torchvision's for ResNets, with a cosine for its steps. The recipes in configs/zoo stand between these
// and a config.
struct ZooConfig {
  int64_t epochs = 90;
  TrainConfig train = {.nesterov = false, .weight_decay = 1e-4, .label_smoothing = 0};

  void Describe(ConfigVisitor& v) {
    v.Field(
        "epochs", epochs,
        {.help = "number of training epochs", .unit = "epochs", .min = 1, .max = kMostEpochs, .source = "torchvision"});
    v.Nested("train", train, "training recipe of a zoo network");
  }
};

}  // namespace danas
