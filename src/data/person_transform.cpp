#include "danas/data/person_transform.h"

#include <algorithm>
#include <cmath>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/data/person_selection.h"

namespace danas {
namespace {

constexpr double kHalfBodyPadding = 1.5;

double ClippedNormal(RandomStream& stream, double centre, double deviation, double reach) {
  return std::clamp(centre + deviation * stream.Normal(), centre - reach, centre + reach);
}

int64_t Labelled(const Person& person) {
  return std::ranges::count_if(person.keypoints, [](const Keypoint& point) { return point.visibility > 0; });
}

std::string SizeOf(int64_t width, int64_t height) {
  return std::to_string(width) + " x " + std::to_string(height) + " pixels";
}

// OpenCV's warp counts pixels in 16 bits.
void RequireWarpable(int height, int width, const std::string& name) {
  constexpr int kMost = 32766;
  if (std::max(height, width) <= kMost) return;
  throw DataError(name + ": " + SizeOf(width, height) + "; persons are taken from pictures of at most " +
                  std::to_string(kMost) + " a side. Make it smaller, and its annotations");
}

const PersonSet& PersonsOf(const DatasetIndex& dataset) {
  if (dataset.persons == nullptr) throw DataError(dataset.name + ": has no persons with key-points");
  return *dataset.persons;
}

const Person& PersonAt(const DatasetIndex& dataset, int64_t position) {
  return PersonsOf(dataset).persons.at(static_cast<size_t>(position));
}

const PersonImage& ImageOf(const DatasetIndex& dataset, const Person& person) {
  return PersonsOf(dataset).images.at(static_cast<size_t>(person.image));
}

Box MirrorBox(const Box& box, int width) {
  Box mirrored = box;
  mirrored.left = width - box.left - box.width;
  return mirrored;
}

}  // namespace

PersonDraws DrawPerson(const KeypointAugmentConfig& config, RandomStream& stream) {
  // All are drawn in any case, so that a setting changes no other draw.
  PersonDraws draws;
  draws.half_body = stream.Uniform() < config.half_body;
  draws.upper_body = stream.Normal() < 0.5;  // HRNet's, and mmpose's: the upper body in 69 of 100 cases
  draws.scale = ClippedNormal(stream, 1, config.scale, config.scale);
  const double rotation = ClippedNormal(stream, 0, config.rotation, 2 * config.rotation);
  draws.rotation = stream.Uniform() < config.rotation_probability ? rotation : 0;
  draws.mirror = stream.Uniform() < config.flip;
  return draws;
}

PersonView ViewOfPerson(const Person& person, const PersonImage& image, double aspect, double padding,
                        const std::string& name) {
  const bool detected = std::ranges::all_of(person.keypoints, [](const Keypoint& at) { return at == Keypoint{}; });
  const PersonBox box =
      detected ? person.box : ClipToPicture(person.box, {.height = image.height, .width = image.width});
  const bool sized = box.width >= 0 && box.height >= 0 && box.width + box.height > 0;
  if (!sized || !std::isfinite(box.left + box.top + box.width + box.height)) {
    throw DataError(name + ": the box of person " + std::to_string(person.id) + " (" + BoxText(person.box) +
                    ") holds nothing of " + SizeOf(image.width, image.height) +
                    ". Correct it, or leave the person out");
  }
  return ViewOfBox(box, aspect, padding);
}

std::optional<PersonView> HalfBodyView(const Person& person, const std::vector<bool>& upper_body, bool upper_first,
                                       double aspect) {
  // In float32, as HRNet.
  std::vector<std::array<float, 2>> upper, lower;
  for (size_t k = 0; k < person.keypoints.size(); ++k) {
    const Keypoint& point = person.keypoints[k];
    if (point.visibility == 0) continue;
    (upper_body[k] ? upper : lower).push_back({static_cast<float>(point.x), static_cast<float>(point.y)});
  }
  const bool take_upper = (upper_first && upper.size() > 2) || lower.size() <= 2;
  const std::vector<std::array<float, 2>>& points = take_upper ? upper : lower;
  if (points.size() < 2) return std::nullopt;

  std::array<float, 2> low = points[0], high = points[0], sum = {0, 0};
  for (const auto& point : points) {
    for (size_t axis = 0; axis < 2; ++axis) {
      low[axis] = std::min(low[axis], point[axis]);
      high[axis] = std::max(high[axis], point[axis]);
      sum[axis] += point[axis];
    }
  }
  const PersonBox box = {.width = high[0] - low[0], .height = high[1] - low[1]};
  if (box.width + box.height == 0) return std::nullopt;
  PersonView view = ViewOfBox(box, aspect, kHalfBodyPadding);
  view.centre_x = sum[0] / static_cast<float>(points.size());
  view.centre_y = sum[1] / static_cast<float>(points.size());
  return view;
}

PersonTransform::PersonTransform(const KeypointsConfig& config, const DataConfig& data, const KeypointLayout& layout,
                                 const FrameShape& shape, ImageUse use, int64_t seed)
    : config_(config), scheme_(SchemeOf(config, layout)), shape_(shape), use_(use), seed_(seed) {
  const int channels = static_cast<int>(shape.channels);
  normalize_ =
      MakeNormalizeTable(PerChannel(data.mean, channels, "data.mean"), PerChannel(data.std, channels, "data.std"));
}

PersonDraws PersonTransform::Draw(int64_t epoch, int64_t position) const {
  if (use_ == ImageUse::kTest) return {};
  RandomStream stream(static_cast<uint64_t>(seed_), "augment",
                      {static_cast<uint64_t>(epoch), static_cast<uint64_t>(position)});
  return DrawPerson(config_.augment, stream);
}

PersonFraming PersonTransform::Place(const Person& person, const PersonImage& image, const PersonDraws& draws,
                                     const std::string& name) const {
  const double aspect = static_cast<double>(shape_.width) / static_cast<double>(shape_.height);
  PersonView view = ViewOfPerson(person, image, aspect, config_.box_padding, name);
  if (draws.half_body && Labelled(person) > config_.augment.half_body_keypoints) {
    view = HalfBodyView(person, scheme_.upper_body, draws.upper_body, aspect).value_or(view);
  }
  view.scale_x *= static_cast<float>(draws.scale);
  view.scale_y *= static_cast<float>(draws.scale);
  if (draws.mirror) view.centre_x = static_cast<float>(image.width - static_cast<double>(view.centre_x) - 1);
  return {.to_frame = ToFrame(view, draws.rotation, FrameSize()), .mirror = draws.mirror};
}

Image PersonTransform::FrameOf(const DatasetIndex& dataset, int64_t position, const PersonFraming& framing) const {
  const PersonImage& image = ImageOf(dataset, PersonAt(dataset, position));
  const PixelSize picture = {.height = image.height, .width = image.width};
  const Box source = SourceOf(framing.to_frame, FrameSize(), picture);
  Image part = dataset.images->LoadPart(position, [&](int found_height, int found_width) -> Part {
    RequireWarpable(found_height, found_width, dataset.images->Name(position));
    if (found_height != image.height || found_width != image.width) {
      throw DataError(dataset.images->Name(position) + ": " + SizeOf(found_width, found_height) +
                      ", but the annotations say " + SizeOf(image.width, image.height));
    }
    return framing.mirror ? MirrorBox(source, image.width) : source;
  });
  if (framing.mirror) part = Mirrored(part);
  if (shape_.channels == 1) MakeGrey(part);
  return WarpAffine(part, source, picture, framing.to_frame, FrameSize());
}

void PersonTransform::WriteTruth(const Person& person, const PersonImage& image, const PersonFraming& framing,
                                 std::span<float> truth) const {
  std::ranges::fill(truth, 0.0F);
  std::vector<size_t> place(scheme_.weights.size());
  for (size_t k = 0; k < place.size(); ++k) place[k] = k;
  if (framing.mirror) {
    for (const auto& [left, right] : scheme_.flip_pairs) {
      std::swap(place[static_cast<size_t>(left)], place[static_cast<size_t>(right)]);
    }
  }
  for (size_t k = 0; k < person.keypoints.size(); ++k) {
    const Keypoint& point = person.keypoints[k];
    if (point.visibility == 0) continue;
    const Point at = framing.to_frame({framing.mirror ? image.width - point.x - 1 : point.x, point.y});
    float* out = &truth[3 * place[k]];
    out[0] = static_cast<float>(at.x);
    out[1] = static_cast<float>(at.y);
    out[2] = static_cast<float>(scheme_.weights[place[k]]);
  }
}

void PersonTransform::Make(const DatasetIndex& dataset, int64_t epoch, int64_t position, std::span<float> out_hwc,
                           std::span<float> truth) const {
  const Person& person = PersonAt(dataset, position);
  const PersonImage& image = ImageOf(dataset, person);
  const PersonFraming framing = Place(person, image, Draw(epoch, position), dataset.images->Name(position));
  Normalize(FrameOf(dataset, position, framing), normalize_, out_hwc);
  WriteTruth(person, image, framing, truth);
}

}  // namespace danas
