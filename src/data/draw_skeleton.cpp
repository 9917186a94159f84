#include "danas/data/draw_skeleton.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "danas/core/error.h"
#include "src/data/decoders.h"
#include "src/data/encode.h"

namespace danas {
namespace {

enum class Side { kMiddle, kLeft, kRight };

// Red, green, blue.
cv::Scalar ColourOf(Side side) {
  switch (side) {
    case Side::kLeft:
      return {0, 114, 178};
    case Side::kRight:
      return {213, 94, 0};
    case Side::kMiddle:
      break;
  }
  return {240, 228, 66};
}

// OpenCV takes whole numbers, here sixteenths of a pixel.
constexpr int kShift = 4;
constexpr double kFurthest = 1e6;  // pixels

cv::Point At(double x, double y) {
  const auto whole = [](double value) {
    return static_cast<int>(std::lround(std::clamp(value, -kFurthest, kFurthest) * (1 << kShift)));
  };
  return {whole(x), whole(y)};
}
cv::Point At(const DrawnKeypoint& keypoint) { return At(keypoint.x, keypoint.y); }

cv::Mat Pixels(Image& picture) { return {picture.height, picture.width, CV_8UC3, picture.rgb.data()}; }

int ShorterSide(const Image& picture) { return std::min(picture.height, picture.width); }

class Skeleton {
 public:
  Skeleton(std::span<const DrawnKeypoint> keypoints, double threshold, Image& picture)
      : keypoints_(keypoints), threshold_(threshold), pixels_(Pixels(picture)), widest_(Extent() / 40) {
    widest_ = std::clamp(widest_, 1.5, std::max(2.0, ShorterSide(picture) / 80.0));
  }

  void Line(size_t from, size_t to, Side side) {
    if (!Shown(from) || !Shown(to)) return;
    const int width = Width(std::min(keypoints_[from].confidence, keypoints_[to].confidence), widest_);
    const cv::Point a = At(keypoints_[from]), b = At(keypoints_[to]);
    cv::line(pixels_, a, b, kBlack, width + 2, cv::LINE_AA, kShift);
    cv::line(pixels_, a, b, ColourOf(side), width, cv::LINE_AA, kShift);
  }

  void Dot(size_t at, Side side) {
    if (!Shown(at)) return;
    const int radius = Width(keypoints_[at].confidence, widest_) << kShift;
    cv::circle(pixels_, At(keypoints_[at]), radius + (1 << kShift), kBlack, cv::FILLED, cv::LINE_AA, kShift);
    cv::circle(pixels_, At(keypoints_[at]), radius, ColourOf(side), cv::FILLED, cv::LINE_AA, kShift);
  }

 private:
  static inline const cv::Scalar kBlack = {0, 0, 0};

  bool Shown(size_t at) const {
    const DrawnKeypoint& keypoint = keypoints_[at];
    return keypoint.confidence > threshold_ && std::isfinite(keypoint.x) && std::isfinite(keypoint.y);
  }
  // The longer side of what encloses the key-points that are shown.
  double Extent() const {
    cv::Point2d low(kFurthest, kFurthest);
    cv::Point2d high = -low;
    for (size_t k = 0; k < keypoints_.size(); ++k) {
      if (!Shown(k)) continue;
      low = {std::min(low.x, keypoints_[k].x), std::min(low.y, keypoints_[k].y)};
      high = {std::max(high.x, keypoints_[k].x), std::max(high.y, keypoints_[k].y)};
    }
    return std::max(high.x - low.x, high.y - low.y);
  }
  static int Width(double confidence, double widest) {
    return std::max(1, static_cast<int>(std::lround(std::clamp(confidence, 0.0, 1.0) * widest)));
  }

  std::span<const DrawnKeypoint> keypoints_;
  double threshold_;
  cv::Mat pixels_;
  double widest_;  // of the lines, in pixels
};

std::vector<Side> SidesOf(size_t keypoints, std::span<const std::array<int, 2>> flip_pairs) {
  std::vector<Side> sides(keypoints, Side::kMiddle);
  for (const auto& [left, right] : flip_pairs) {
    sides[static_cast<size_t>(left)] = Side::kLeft;
    sides[static_cast<size_t>(right)] = Side::kRight;
  }
  return sides;
}

// Of a line between key-points of these sides.
Side SideOf(Side a, Side b) {
  if (a == b || b == Side::kMiddle) return a;
  return a == Side::kMiddle ? b : Side::kMiddle;
}

}  // namespace

void DrawSkeleton(const KeypointLayout& layout, std::span<const std::array<int, 2>> flip_pairs,
                  std::span<const DrawnKeypoint> keypoints, double threshold, Image& picture) {
  const std::vector<Side> sides = SidesOf(keypoints.size(), flip_pairs);
  Skeleton drawing(keypoints, threshold, picture);
  for (const auto& [from, to] : layout.skeleton) {
    const auto a = static_cast<size_t>(from);
    const auto b = static_cast<size_t>(to);
    drawing.Line(a, b, SideOf(sides[a], sides[b]));
  }
  for (size_t k = 0; k < keypoints.size(); ++k) drawing.Dot(k, sides[k]);
}

void DrawBox(const PersonBox& box, const std::string& text, Image& picture) {
  cv::Mat pixels = Pixels(picture);
  const int width = std::max(1, ShorterSide(picture) / 400);
  const cv::Scalar white = {255, 255, 255};
  cv::rectangle(pixels, At(box.left, box.top), At(box.left + box.width, box.top + box.height), white, width,
                cv::LINE_AA, kShift);
  if (text.empty()) return;

  // Within the picture, if it is large enough, on black.
  const double scale = std::max(0.4, ShorterSide(picture) / 1000.0);
  int baseline = 0;
  const cv::Size size = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, width, &baseline);
  const auto place = [](double value, int least, int most) {
    return static_cast<int>(std::clamp(value, static_cast<double>(least), static_cast<double>(std::max(least, most))));
  };
  const cv::Point corner = {place(box.left, 0, picture.width - size.width),
                            place(box.top, size.height, picture.height - baseline)};
  cv::rectangle(pixels, corner + cv::Point(0, baseline), corner + cv::Point(size.width, -size.height), {0, 0, 0},
                cv::FILLED);
  cv::putText(pixels, text, corner, cv::FONT_HERSHEY_SIMPLEX, scale, white, width, cv::LINE_AA);
}

Image ShrunkBy(double scale, const Image& picture) {
  const auto side = [&](int pixels) { return std::max(1, static_cast<int>(std::lround(scale * pixels))); };
  Image small = BlackImage(side(picture.height), side(picture.width));
  const cv::Mat from(picture.height, picture.width, CV_8UC3, const_cast<uint8_t*>(picture.rgb.data()));  // is read
  cv::Mat to = Pixels(small);
  cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
  return small;
}

std::vector<uint8_t> JpegBytes(const Image& picture) {
  try {
    return EncodeJpeg(picture, 90);
  } catch (const BrokenImage& broken) {
    throw DataError(broken.what());
  }
}

}  // namespace danas
