// Everything a run can be told, one plain struct per section. Defaults are the paper's ImageNet numbers where it gives
// them (section 5.1), else those of the public code it builds on (ProxylessNAS, SPOS); docs/config.md says which.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/config/checkpoint_config.h"
#include "danas/config/data_config.h"
#include "danas/config/describe.h"
#include "danas/config/easiness_config.h"
#include "danas/config/keypoints_config.h"
#include "danas/config/log_config.h"
#include "danas/config/nn_config.h"
#include "danas/config/ranks_config.h"
#include "danas/config/search_config.h"
#include "danas/config/train_config.h"

namespace danas {

enum class TaskKind { kClassification, kKeypoints };
template <>
struct EnumNames<TaskKind> {
  static constexpr std::array kNames = {"classification", "keypoints"};
};

struct Config {
  TaskKind task = TaskKind::kClassification;
  std::string space = "shuffle_mobile";
  int64_t seed = 0;
  RuntimeConfig runtime;
  NnConfig nn;
  DataConfig data;
  KeypointsConfig keypoints;
  EasinessConfig easiness;
  ScheduleConfig schedule;
  SearchConfig search;
  TrainConfig train;  // the supernet's weights
  FinetuneConfig finetune;
  ZooConfig zoo;
  CheckpointConfig checkpoint;
  RanksConfig ranks;
  LogConfig log;

  void Describe(ConfigVisitor& v) {
    v.Field("task", task,
            {.help = "what networks learn. classification: which class an image shows; keypoints: where a person's "
                     "key-points are (section 5.4)",
             .resume = OnResume::kFixed});
    v.Field("space", space,
            {.help = "name of a shipped search space, or path to a space file", .resume = OnResume::kFixed});
    v.Field("seed", seed, {.help = "seed of every random stream of the run", .min = 0, .resume = OnResume::kFixed});
    v.Nested("runtime", runtime, "device, threads and number formats");
    v.Nested("nn", nn, "how networks are computed");
    v.Nested("data", data, "dataset, split, augmentation and loader");
    v.Nested("keypoints", keypoints, "task keypoints: persons, heat maps and their network (section 5.4)");
    v.Nested("easiness", easiness, "how classes are ranked from easy to hard (section 4, Eq. 1-3)", OnResume::kFixed);
    v.Nested("schedule", schedule, "which classes are learnt when (section 4.2)");
    v.Nested("search", search, "architecture weights, cost, loss and pruning (Eq. 6-10)");
    v.Nested("train", train, "training of the supernet's weights (Eq. 9)");
    v.Nested("finetune", finetune, "training of the network that the search found");
    v.Nested("zoo", zoo,
             "training of the zoo's networks (danas train, danas easiness); keys that a config leaves out take their "
             "values from the recipe of the network's family");
    v.Nested("checkpoint", checkpoint, "saving a run so that it can be resumed (--resume)", OnResume::kMayChange);
    v.Nested("ranks", ranks, "runs with several processes");
    v.Nested("log", log, "output for monitoring a run, in addition to its own logs", OnResume::kMayChange);
  }
};

// The recipe of α steps: `train` with search.alpha_batch and search.alpha_micro_batch where they are set.
inline TrainConfig AlphaRecipe(const Config& config) {
  TrainConfig recipe = config.train;
  if (config.search.alpha_batch > 0) recipe.batch = config.search.alpha_batch;
  if (config.search.alpha_micro_batch > 0) recipe.micro_batch = config.search.alpha_micro_batch;
  return recipe;
}

}  // namespace danas
