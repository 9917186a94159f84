#include "danas/tasks/keypoints/person_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "danas/core/units.h"
#include "danas/data/draw_skeleton.h"
#include "danas/data/keypoint_scheme.h"

namespace danas {
namespace {

// In one folder, though the pictures may be in several: "park/1.png" is "park_1.jpg", and "park_1-7.jpg" if there is
// one of that name and the image's id is 7.
std::string PictureName(const PersonImage& image, std::set<std::string>& taken) {
  std::string stem = std::filesystem::path(image.file).replace_extension().string();
  std::ranges::replace(stem, '/', '_');
  if (!taken.insert(stem).second) {
    stem += "-" + std::to_string(image.id);
    taken.insert(stem);
  }
  return stem + ".jpg";
}

struct Drawing {
  std::shared_ptr<const DatasetIndex> set;
  std::vector<std::array<int, 2>> flip_pairs;
  double threshold = 0;
  int most_pixels = 0;
};

// Around the key-points that are shown; none where none is.
std::optional<PersonBox> BoxAround(const std::vector<DrawnKeypoint>& keypoints, double threshold) {
  double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;
  for (const DrawnKeypoint& keypoint : keypoints) {
    if (keypoint.confidence <= threshold) continue;
    left = std::min(left, keypoint.x), right = std::max(right, keypoint.x);
    top = std::min(top, keypoint.y), bottom = std::max(bottom, keypoint.y);
  }
  if (!(left <= right)) return std::nullopt;
  const double room = 4 + std::max(right - left, bottom - top) / 20;
  return PersonBox{
      .left = left - room, .top = top - room, .width = right - left + 2 * room, .height = bottom - top + 2 * room};
}

// A skeleton, and around it the person's score.
void DrawPerson(const FoundPerson& person, const Drawing& drawing, double scale, Image& picture) {
  std::vector<DrawnKeypoint> keypoints;
  for (const FoundKeypoint& keypoint : person.keypoints) {
    // The centre of the first pixel is 0.
    keypoints.push_back(
        {.x = scale * (keypoint.x + 0.5) - 0.5, .y = scale * (keypoint.y + 0.5) - 0.5, .confidence = keypoint.score});
  }
  if (const auto box = BoxAround(keypoints, drawing.threshold)) {
    DrawBox(*box, FormatDecimals(person.score, 2), picture);
  }
  DrawSkeleton(drawing.set->persons->layout, drawing.flip_pairs, keypoints, drawing.threshold, picture);
}

std::vector<uint8_t> Draw(const Drawing& drawing, int64_t image, const std::vector<FoundPerson>& persons) {
  Image picture = drawing.set->pictures->Load(image);
  const int side = std::max(picture.height, picture.width);
  double scale = 1;
  if (drawing.most_pixels > 0 && side > drawing.most_pixels) {
    scale = static_cast<double>(drawing.most_pixels) / side;
    picture = ShrunkBy(scale, picture);
  }
  for (const FoundPerson& person : persons) DrawPerson(person, drawing, scale, picture);
  return JpegBytes(picture);
}

}  // namespace

std::vector<TestPicture> PicturesOf(const std::vector<FoundPerson>& persons, std::shared_ptr<const DatasetIndex> set,
                                    const KeypointsConfig& config, int64_t count, int most_pixels) {
  std::map<int64_t, std::vector<FoundPerson>> by_image;
  for (const FoundPerson& person : persons) by_image[person.image].push_back(person);
  const Drawing drawing{.set = set,
                        .flip_pairs = SchemeOf(config, set->persons->layout).flip_pairs,
                        .threshold = config.test.score_threshold,
                        .most_pixels = most_pixels};
  std::vector<TestPicture> pictures;
  std::set<std::string> taken;
  for (auto& [image, found] : by_image) {
    if (std::ssize(pictures) == count) break;
    pictures.push_back({.name = PictureName(set->persons->images[static_cast<size_t>(image)], taken),
                        .jpeg = [drawing, image, found = std::move(found)] { return Draw(drawing, image, found); }});
  }
  return pictures;
}

}  // namespace danas
