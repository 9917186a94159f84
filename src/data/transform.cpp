#include "danas/data/transform.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "danas/core/error.h"
#include "danas/core/random.h"

namespace danas {
namespace {

void CheckLength(const std::vector<double>& list, size_t length, const char* key) {
  if (list.size() == length) return;
  throw ConfigError(std::string(key) + ": " + std::to_string(list.size()) + " numbers found, " +
                    std::to_string(length) + " expected");
}

void CheckRange(const std::vector<double>& range, const char* key) {
  CheckLength(range, 2, key);
  if (range[0] > range[1]) throw ConfigError(std::string(key) + ": the first number must not be above the second");
}

// Python's round(): halves to the even neighbour.
int Round(double value) { return static_cast<int>(std::nearbyint(value)); }

// A whole number in [0, last].
int DrawInt(RandomStream& stream, int last) {
  return static_cast<int>(stream.UniformInt(static_cast<uint64_t>(last) + 1));
}

std::optional<double> DrawFactor(RandomStream& stream, double center, double reach) {
  const double u = stream.Uniform();  // drawn in any case, so that the other draws stay as they are
  if (reach == 0) return std::nullopt;
  const double low = center == 0 ? -reach : std::max(0.0, center - reach);
  return low + u * (center + reach - low);
}

Box DrawPadCrop(const AugmentConfig& config, int height, int width, int size, RandomStream& stream) {
  const int padding = static_cast<int>(config.padding);
  const int room_down = height + 2 * padding - size;
  const int room_right = width + 2 * padding - size;
  if (room_down < 0 || room_right < 0) {
    throw DataError(std::to_string(width) + " x " + std::to_string(height) +
                    " pixels with data.augment.padding = " + std::to_string(padding) +
                    " around them are too few for a crop of data.image_size = " + std::to_string(size) +
                    "; lower image_size, raise padding, or use crop: random_resized");
  }
  const int top = DrawInt(stream, room_down);
  const int left = DrawInt(stream, room_right);
  return {.top = top - padding, .left = left - padding, .height = size, .width = size};
}

ColourJitter DrawColourJitter(const AugmentConfig& config, RandomStream& stream) {
  ColourJitter jitter;
  for (size_t i = jitter.order.size(); i > 1; --i) std::swap(jitter.order[i - 1], jitter.order[stream.UniformInt(i)]);
  jitter.brightness = DrawFactor(stream, 1, config.brightness);
  jitter.contrast = DrawFactor(stream, 1, config.contrast);
  jitter.saturation = DrawFactor(stream, 1, config.saturation);
  jitter.hue = DrawFactor(stream, 0, config.hue);
  return jitter;
}

}  // namespace

std::vector<double> PerChannel(const std::vector<double>& list, int channels, const char* key) {
  if (list.size() == 1) return std::vector<double>(static_cast<size_t>(channels), list[0]);
  if (list.size() != 3) {
    throw ConfigError(std::string(key) + ": " + std::to_string(list.size()) + " numbers found, 3 or 1 expected");
  }
  return channels == 1 ? std::vector<double>{Luma(list[0], list[1], list[2])} : list;
}

Box DrawResizedCrop(const AugmentConfig& config, int height, int width, RandomStream& stream) {
  const double area = static_cast<double>(height) * width;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * stream.Uniform(config.scale[0], config.scale[1]);
    const double ratio = std::exp(stream.Uniform(std::log(config.ratio[0]), std::log(config.ratio[1])));
    const int w = Round(std::sqrt(target * ratio));
    const int h = Round(std::sqrt(target / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const int top = DrawInt(stream, height - h);
    const int left = DrawInt(stream, width - w);
    return {.top = top, .left = left, .height = h, .width = w};
  }
  int w = width;
  int h = height;
  const double ratio = static_cast<double>(width) / height;
  if (ratio < config.ratio[0]) h = Round(w / config.ratio[0]);
  if (ratio > config.ratio[1]) w = Round(h * config.ratio[1]);
  return {.top = (height - h) / 2, .left = (width - w) / 2, .height = h, .width = w};
}

Framing CentreCrop(int height, int width, int resize, int size) {
  Framing framing;
  framing.source = WholeBox(height, width);
  const auto longer = [&](int longer_side, int shorter_side) {
    return static_cast<int>(static_cast<int64_t>(resize) * longer_side / shorter_side);
  };
  framing.height = height <= width ? resize : longer(height, width);
  framing.width = width <= height ? resize : longer(width, height);
  // Padding, where the picture is the smaller, is rounded down at the top and left; a cut is rounded half to even.
  const auto start = [&](int length) { return length < size ? -((size - length) / 2) : Round((length - size) / 2.0); };
  framing.window = {.top = start(framing.height), .left = start(framing.width), .height = size, .width = size};
  return framing;
}

void ApplyColourJitter(const ColourJitter& jitter, Planes& planes) {
  for (const int step : jitter.order) {
    if (step == 0 && jitter.brightness) AdjustBrightness(planes, static_cast<float>(*jitter.brightness));
    if (step == 1 && jitter.contrast) AdjustContrast(planes, static_cast<float>(*jitter.contrast));
    if (step == 2 && jitter.saturation) AdjustSaturation(planes, static_cast<float>(*jitter.saturation));
    if (step == 3 && jitter.hue) AdjustHue(planes, *jitter.hue);
  }
}

Transform::Transform(const DataConfig& config, ImageUse use, int64_t seed, int channels)
    : config_(config), use_(use), seed_(seed), channels_(channels) {
  CheckRange(config.augment.scale, "data.augment.scale");
  CheckRange(config.augment.ratio, "data.augment.ratio");
  normalize_ = MakeNormalizeTable(PerChannel(config.mean, channels, "data.mean"),
                                  PerChannel(config.std, channels, "data.std"));
}

Augmentation Transform::Draw(int height, int width, int64_t epoch, int64_t position) const {
  const int size = static_cast<int>(config_.image_size);
  Augmentation draws;
  if (use_ == ImageUse::kTest) {
    draws.framing = CentreCrop(height, width, static_cast<int>(config_.test_resize), size);
    return draws;
  }
  const AugmentConfig& augment = config_.augment;
  RandomStream stream(static_cast<uint64_t>(seed_), "augment",
                      {static_cast<uint64_t>(epoch), static_cast<uint64_t>(position)});
  switch (augment.crop) {
    case CropKind::kRandomResized:
      draws.framing = {.source = DrawResizedCrop(augment, height, width, stream),
                       .height = size,
                       .width = size,
                       .window = WholeBox(size, size)};
      break;
    case CropKind::kPad:
      draws.framing = {.source = WholeBox(height, width),
                       .height = height,
                       .width = width,
                       .window = DrawPadCrop(augment, height, width, size, stream)};
      break;
    case CropKind::kNone:
      draws.framing = CentreCrop(height, width, static_cast<int>(config_.test_resize), size);
      break;
  }
  draws.framing.mirror = stream.Uniform() < augment.flip;
  draws.jitter = DrawColourJitter(augment, stream);
  return draws;
}

Planes Transform::Prepare(const ImageSource& images, int64_t epoch, int64_t position) const {
  Augmentation draws;
  Image part = images.LoadPart(position, [&](int height, int width) -> Part {
    draws = Draw(height, width, epoch, position);
    const int reduction = config_.decode == JpegDecode::kReduced ? ReductionOf(draws.framing) : 1;
    return {SourceOf(draws.framing), reduction, SourceOf(draws.framing, reduction)};
  });
  if (channels_ == 1) MakeGrey(part);
  Planes planes = Frame(part, draws.framing, channels_);
  ApplyColourJitter(draws.jitter, planes);
  return planes;
}

void Transform::Apply(const ImageSource& images, int64_t epoch, int64_t position, std::span<float> out_hwc) const {
  Normalize(Prepare(images, epoch, position), normalize_, out_hwc);
}

Image Transform::Augment(const ImageSource& images, int64_t epoch, int64_t position) const {
  return ToImage(Prepare(images, epoch, position));
}

}  // namespace danas
