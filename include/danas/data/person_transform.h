// From a person in a picture to a frame of that person and its key-points in it, as SimpleBaseline (Xiao et al., ECCV
// 2018: lib/dataset/JointsDataset.py) makes them; half-body frames as HRNet (Sun et al., CVPR 2019). Every random
// number comes from the stream "augment" of (seed, epoch, position), so neither order nor threads change a pixel.
// Pictures are always decoded exactly (data.decode): a bilinear warp does not hide what a reduced one lacks.
#pragma once

#include <optional>
#include <string>

#include "danas/config/data_config.h"
#include "danas/data/affine_warp.h"
#include "danas/data/frame_maker.h"
#include "danas/data/keypoint_scheme.h"
#include "danas/data/pixels.h"
#include "danas/data/transform.h"

namespace danas {

class RandomStream;

// All that is drawn for one person in one epoch.
struct PersonDraws {
  bool half_body = false;
  bool upper_body = false;  // half_body: rather the upper than the lower
  double scale = 1;
  double rotation = 0;  // degrees
  bool mirror = false;
  bool operator==(const PersonDraws&) const = default;
};

PersonDraws DrawPerson(const KeypointAugmentConfig& config, RandomStream& stream);

// From the picture, or from its mirror image, to the frame.
struct PersonFraming {
  Affine to_frame;
  bool mirror = false;
};

// What a frame shows of a person's picture in testing: around its box, which is clipped (ClipToPicture) but where it is
// a detector's: of a person whose key-points are all 0. Throws DataError, which begins with `name`, for a box without a
// size.
PersonView ViewOfPerson(const Person& person, const PersonImage& image, double aspect, double padding,
                        const std::string& name);

// Around the labelled key-points of the upper or the lower body, 1.5 times as large as they need. The lower body is
// taken where it has more than two and the upper is not wanted or has no more than two; none where the choice has fewer
// than two.
std::optional<PersonView> HalfBodyView(const Person& person, const std::vector<bool>& upper_body, bool upper_first,
                                       double aspect);

class PersonTransform : public FrameMaker {
 public:
  // `data` says mean and deviation of the channels. Throws ConfigError as SchemeOf() and PerChannel() do.
  PersonTransform(const KeypointsConfig& config, const DataConfig& data, const KeypointLayout& layout,
                  const FrameShape& shape, ImageUse use, int64_t seed);

  FrameShape shape() const override { return shape_; }
  // Of each key-point x and y in pixels of the frame, possibly outside of it, and its weight in the loss: 0 where it is
  // not labelled, and then x and y are 0.
  int64_t truth_floats() const override { return 3 * static_cast<int64_t>(scheme_.weights.size()); }
  // Throws DataError where the picture cannot be read, is not of the size that the annotations say, or the person's box
  // has no size.
  void Make(const DatasetIndex& dataset, int64_t epoch, int64_t position, std::span<float> out_hwc,
            std::span<float> truth) const override;

  // The four parts of Make(), for tests and viewers.
  PersonDraws Draw(int64_t epoch, int64_t position) const;
  PersonFraming Place(const Person& person, const PersonImage& image, const PersonDraws& draws,
                      const std::string& name) const;
  Image FrameOf(const DatasetIndex& dataset, int64_t position, const PersonFraming& framing) const;
  void WriteTruth(const Person& person, const PersonImage& image, const PersonFraming& framing,
                  std::span<float> truth) const;

  const KeypointScheme& scheme() const { return scheme_; }

 private:
  PixelSize FrameSize() const {
    return {.height = static_cast<int>(shape_.height), .width = static_cast<int>(shape_.width)};
  }

  KeypointsConfig config_;
  KeypointScheme scheme_;
  FrameShape shape_;
  ImageUse use_;
  int64_t seed_;
  NormalizeTable normalize_;
};

}  // namespace danas
