#include "keypoint_localisation.h"

#include <ATen/ATen.h>

#include "danas/core/error.h"
#include "danas/data/person_transform.h"
#include "danas/tasks/keypoints/find_persons.h"
#include "danas/tasks/keypoints/heat_maps.h"
#include "danas/tasks/keypoints/person_pictures.h"
#include "danas/tasks/keypoints/sigmas.h"

namespace danas {
namespace {

constexpr int kMostPicturePixels = 640;  // a page holds several

HeatMaps TargetsOf(const Batch& batch, const at::Tensor& maps_nkhw, double sigma) {
  if (maps_nkhw.dim() != 4) {
    throw ConfigError(
        "task: keypoints, but the network ends in a classifier; give one that a search for key-points found. danas "
        "train and danas easiness know classifiers alone");
  }
  return HeatMapTargets(batch.truth.view({batch.size(), maps_nkhw.size(1), 3}),
                        {.height = batch.images.size(2), .width = batch.images.size(3)},
                        {.height = maps_nkhw.size(2), .width = maps_nkhw.size(3)}, sigma);
}

}  // namespace

std::shared_ptr<const FrameMaker> KeypointLocalisation::Frames(const DatasetIndex& dataset, ImageUse use,
                                                               int channels) const {
  if (!dataset.persons) {
    throw ConfigError("task: keypoints, but " + dataset.name +
                      " has no key-points; name COCO's annotations in data.root, or set task: classification");
  }
  SigmasOf(keypoints_, dataset.persons->layout);  // those of a test, before hours of training
  const FrameShape shape{.height = data_.image_size,
                         .width = data_.image_width > 0 ? data_.image_width : data_.image_size,
                         .channels = channels};
  return std::make_shared<const PersonTransform>(keypoints_, data_, dataset.persons->layout, shape, use, seed_);
}

at::Tensor KeypointLocalisation::LossSum(const at::Tensor& maps_nkhw, const Batch& batch, int64_t classes,
                                         double /*smoothing*/) const {
  return Losses(maps_nkhw, batch, classes).sum();
}

at::Tensor KeypointLocalisation::Losses(const at::Tensor& maps_nkhw, const Batch& batch, int64_t /*classes*/) const {
  return HeatMapLosses(maps_nkhw, TargetsOf(batch, maps_nkhw, keypoints_.sigma));
}

at::Tensor KeypointLocalisation::CountCorrect(const at::Tensor& maps_nkhw, const Batch& batch,
                                              int64_t /*classes*/) const {
  const at::Tensor maps = maps_nkhw.detach();
  return HitShares(HitsOf(maps, TargetsOf(batch, maps, keypoints_.sigma).maps_nkhw)).sum();
}

EvaluationResult KeypointLocalisation::Test(torch::nn::Module& network, const Forward& forward, Loader& loader,
                                            const EvaluationOptions& options) const {
  PersonsFound found = FindPersons(network, forward, loader, options, keypoints_);
  found.result.pictures =
      PicturesOf(found.kept, loader.subset().dataset, keypoints_, keypoints_.pictures, kMostPicturePixels);
  return std::move(found.result);
}

}  // namespace danas
