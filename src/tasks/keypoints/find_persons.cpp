#include "danas/tasks/keypoints/find_persons.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <map>
#include <utility>

#include "danas/data/person_transform.h"
#include "danas/nn/norm.h"
#include "danas/run/device.h"
#include "danas/tasks/keypoints/decode.h"
#include "danas/tasks/keypoints/heat_maps.h"
#include "danas/tasks/keypoints/sigmas.h"
#include "danas/tasks/keypoints/suppression.h"
#include "danas/train/amp.h"

namespace danas {
namespace {

// What a rank found, for the others: a row a box of x, y and score of each key-point.
at::Tensor RowsOf(const std::vector<std::vector<FoundKeypoint>>& persons, int64_t keypoints) {
  at::Tensor rows = at::zeros({static_cast<int64_t>(persons.size()), 3 * keypoints}, at::kDouble);
  double* out = rows.mutable_data_ptr<double>();
  for (const std::vector<FoundKeypoint>& person : persons) {
    for (const FoundKeypoint& keypoint : person) {
      *out++ = keypoint.x;
      *out++ = keypoint.y;
      *out++ = keypoint.score;
    }
  }
  return rows;
}

FoundPerson PersonOf(const double* row, const Person& box, const PersonView& view, const KeypointsConfig& config) {
  FoundPerson found{.image = box.image, .score = 0, .area = 0, .box_area = AreaOf(view), .keypoints = {}};
  for (size_t k = 0; k < box.keypoints.size(); ++k, row += 3) {
    found.keypoints.push_back({.x = row[0], .y = row[1], .score = row[2]});
  }
  found.area = AreaOfKeypoints(found.keypoints);
  found.score = PersonScore(box.score, found.keypoints, config.test.score_threshold);
  return found;
}

std::vector<FoundPerson> WithoutDoubles(const std::vector<FoundPerson>& all, std::span<const double> sigmas,
                                        double threshold) {
  std::map<int64_t, std::vector<FoundPerson>> by_image;
  for (const FoundPerson& person : all) by_image[person.image].push_back(person);
  std::vector<FoundPerson> kept;
  for (const auto& [image, persons] : by_image) {
    for (const int64_t stays : SuppressDoubles(persons, sigmas, threshold)) {
      kept.push_back(persons[static_cast<size_t>(stays)]);
    }
  }
  return kept;
}

// Rank 0 has what all found, and tells the others what it says.
events::KeypointFields FieldsOf(const PersonsFound& found, const PersonSet& truth, std::span<const double> sigmas,
                                const Ranks& ranks) {
  const Json first = Json::parse(ranks.FromFirst([&] {
    const PersonPrecision precision = AveragePrecision(truth, found.kept, sigmas);
    return events::ToJson(events::KeypointFields{.persons = std::ssize(found.all),
                                                 .found = std::ssize(found.kept),
                                                 .ap = precision.ap,
                                                 .ap50 = precision.ap50,
                                                 .ap75 = precision.ap75,
                                                 .ap_medium = precision.ap_medium,
                                                 .ap_large = precision.ap_large,
                                                 .ar = precision.ar,
                                                 .ar50 = precision.ar50,
                                                 .ar75 = precision.ar75,
                                                 .ar_medium = precision.ar_medium,
                                                 .ar_large = precision.ar_large})
        .dump();
  }));
  events::KeypointFields fields;
  events::FieldReader reader(first);
  events::KeypointFields::Describe(fields, reader);
  return fields;
}

at::Tensor AtLeastFloat(const at::Tensor& maps) {
  return maps.scalar_type() == at::kDouble ? maps : maps.to(at::kFloat);
}

// What is the same for all batches of a pass.
class BoxPass {
 public:
  BoxPass(const Loader& loader, const Forward& forward, const EvaluationOptions& options, const KeypointsConfig& config)
      : subset_(loader.subset()),
        set_(*subset_.dataset),
        shape_(loader.frames().shape()),
        scheme_(SchemeOf(config, set_.persons->layout)),
        forward_(forward),
        options_(options),
        config_(config) {}

  // Adds on rank 0 the persons of all ranks' parts of the batch.
  StepResult Compute(const Batch& batch, PersonsFound& found) const {
    const Ranks& ranks = options_.pass.ranks;
    const auto keypoints = static_cast<int64_t>(set_.persons->layout.names.size());
    StepResult result{.loss_sum = at::zeros({}, batch.images.options().dtype(at::kDouble)),
                      .correct = at::zeros({}, batch.images.options().dtype(at::kDouble))};
    at::Tensor rows = at::zeros({0, 3 * keypoints}, at::kDouble);
    if (batch.size() > 0) {  // a last batch may have fewer images than there are processes
      const at::Tensor maps = MapsOf(batch);
      const HeatMaps target = HeatMapTargets(batch.truth.view({batch.size(), keypoints, 3}),
                                             {.height = shape_.height, .width = shape_.width},
                                             {.height = maps.size(2), .width = maps.size(3)}, config_.sigma);
      result.loss_sum = HeatMapLosses(maps, target).sum();
      result.correct = HitShares(HitsOf(maps, target.maps_nkhw)).sum();
      std::vector<PersonView> views;
      for (int64_t i = 0; i < batch.size(); ++i) views.push_back(ViewOf(SampleOf(batch.entries, i)));
      rows = RowsOf(DecodeHeatMaps(maps, views), keypoints);
    }
    Add(ranks.GatherRows(rows), ranks.GatherRows(batch.entries), found);
    SumOverRanks(ranks, batch.size(), result);
    return result;
  }

 private:
  int64_t SampleOf(const at::Tensor& entries, int64_t row) const {
    return subset_.images[static_cast<size_t>(entries.const_data_ptr<int64_t>()[row])];
  }

  PersonView ViewOf(int64_t sample) const {
    const Person& person = set_.persons->persons[static_cast<size_t>(sample)];
    const double aspect = static_cast<double>(shape_.width) / static_cast<double>(shape_.height);
    return ViewOfPerson(person, set_.persons->images[static_cast<size_t>(person.image)], aspect, config_.box_padding,
                        set_.images->Name(sample));
  }

  // The maps that key-points are read from.
  at::Tensor MapsOf(const Batch& batch) const {
    const AutocastScope autocast(options_.runtime.amp, batch.images.device().type());
    const at::Tensor maps = AtLeastFloat(forward_(InLayout(batch.images, options_.runtime)));
    if (!config_.test.flip) return maps;
    const at::Tensor mirrored = AtLeastFloat(forward_(InLayout(batch.images.flip({3}), options_.runtime)));
    return (maps + FlipBack(mirrored, scheme_.flip_pairs, config_.test.shift_heatmap)) / 2;
  }

  void Add(const at::Tensor& rows, const at::Tensor& entries, PersonsFound& found) const {
    if (!options_.pass.ranks.first()) return;
    for (int64_t i = 0; i < rows.size(0); ++i) {
      const int64_t sample = SampleOf(entries, i);
      const Person& box = set_.persons->persons[static_cast<size_t>(sample)];
      found.boxes.push_back(sample);
      found.all.push_back(PersonOf(rows.const_data_ptr<double>() + i * rows.size(1), box, ViewOf(sample), config_));
    }
  }

  const Subset& subset_;
  const DatasetIndex& set_;
  const FrameShape shape_;
  const KeypointScheme scheme_;
  const Forward& forward_;
  const EvaluationOptions& options_;
  const KeypointsConfig& config_;
};

}  // namespace

PersonsFound FindPersons(torch::nn::Module& network, const Forward& forward, Loader& loader,
                         const EvaluationOptions& options, const KeypointsConfig& config) {
  const PersonSet& truth = *loader.subset().dataset->annotated;
  const std::vector<double> sigmas = SigmasOf(config, truth.layout);
  const BoxPass boxes(loader, forward, options, config);
  const c10::InferenceMode inference;
  SetNormMode(network, NormMode::kRunning);
  network.eval();
  PassOptions pass_options = options.pass;
  pass_options.on_nonfinite = OnNonFinite::kStop;
  pass_options.trains = false;
  PersonsFound found;
  BatchPass batches(loader, std::move(pass_options));
  for (const Batch& batch : batches) batches.Take(boxes.Compute(batch, found));
  const PassResult pass = batches.Finish();

  found.kept = WithoutDoubles(found.all, sigmas, config.test.oks_nms);
  found.result = {.images = pass.images, .loss = pass.loss, .top1 = pass.accuracy, .seconds = pass.seconds};
  found.result.keypoints = FieldsOf(found, truth, sigmas, options.pass.ranks);
  return found;
}

}  // namespace danas
