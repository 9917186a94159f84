// Networks of the zoo judge the classes of a dataset (section 4): each is found trained, or trained, then looks at the
// images it was trained on; together they rank the classes.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/core/progress.h"
#include "danas/easiness/agreement.h"
#include "danas/easiness/class_easiness.h"
#include "danas/easiness/network_judgement.h"
#include "danas/easiness/neuron_relevance.h"
#include "danas/events/event.h"
#include "danas/judge/zoo_training.h"

namespace danas {

struct Judge {
  std::string name;               // "mobilenetv2", or with a seed of its own "mobilenetv2@1"
  ZooTraining training;           // how it is trained; the split of its config says which images it judges
  std::filesystem::path weights;  // a file to judge by; empty: those of its training
  std::filesystem::path folder;   // of its training: finished, begun, or to be made; empty with `weights`
  bool finished = false;          // nothing is to be trained
  bool begun = false;             // the training resumes from its checkpoint
};

// Fills in `folder`, `finished` and `begun`: the folder in `networks` that holds a finished training of just this
// (IsFinishedTraining()), else one that was begun, else a free name there. Nothing is done for a judge with `weights`.
void FindTraining(Judge& judge, const std::filesystem::path& networks);

// Seconds an image takes, measured on grey ones in a few steps: in training, and in judging.
struct ImageSeconds {
  double training = 0;
  double judging = 0;
};
ImageSeconds ProbeNetwork(const ZooTraining& training);

// Images of the training set that the judge trains on and those carved for validation.
Split JudgeSplit(const ZooTraining& training);

struct EasinessInputs {
  Config config;              // easiness, seed
  std::vector<Judge> judges;  // all of one dataset
  // Share of the whole run's time that each judge is expected to take; for the time left. Empty: equal shares.
  std::vector<double> shares = {};
};

struct EasinessOutputs {
  MetricSink* metrics = nullptr;    // events/ranking_events.h
  MetricSink* trainings = nullptr;  // receives the events of trainings, which each training's own folder has too
  // Makes one more sink of the training in `folder`, which comes after its logs; may be empty, or return null.
  std::function<std::shared_ptr<MetricSink>(const std::filesystem::path& folder)> sink_of_training = {};
  ProgressSink* progress = nullptr;
};

struct EasinessResult {
  ClassEasiness easiness;
  std::vector<NetworkJudgement> judgements;
  Agreement agreement;
  std::vector<RelevanceStudy> relevance;  // of the networks whose training was recorded, each kind asked for
};

// Trains what is not finished, then judges and ranks. Throws ConfigError (a kind of ranking that needs a training's
// record; lrp asked for a network whose classifier has hidden layers), DataError (a class without an image),
// NumericError (weights that are not finite), CheckpointError, FileError, Interrupted. Of several ranks
// (ZooTraining::ranks) all do a part of the work; the first has outputs and the result, which is that of a process
// alone where the networks are.
EasinessResult RunEasiness(const EasinessInputs& inputs, const EasinessOutputs& outputs);

// Each class's accuracy after each epoch, from the log.jsonl of a training's folder. Throws ConfigError for a line that
// is not an event, or whose accuracies are not one number a class.
std::vector<std::vector<double>> ReadClassAccuracies(const std::filesystem::path& folder, size_t classes);

}  // namespace danas
