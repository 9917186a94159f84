#include "danas/data/affine_warp.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace danas {
namespace {

constexpr double kScaleUnit = 200;  // pixels

using Points = std::array<cv::Point2f, 3>;

// The third corner of a right-angled triangle: the side from `b` to `a`, turned by 90 degrees, from `b` on.
cv::Point2f ThirdPoint(const cv::Point2f& a, const cv::Point2f& b) {
  const cv::Point2f side = a - b;
  return {b.x - side.y, b.y + side.x};
}

Points PointsOfView(const PersonView& view, double rotation) {
  const double radians = std::numbers::pi * rotation / 180;
  const double up = static_cast<double>(view.scale_x * static_cast<float>(kScaleUnit)) * -0.5;
  Points points;
  points[0] = {view.centre_x, view.centre_y};
  points[1] = {static_cast<float>(view.centre_x - up * std::sin(radians)),
               static_cast<float>(view.centre_y + up * std::cos(radians))};
  points[2] = ThirdPoint(points[0], points[1]);
  return points;
}

Points PointsOfFrame(int height, int width) {
  Points points;
  points[0] = {static_cast<float>(width * 0.5), static_cast<float>(height * 0.5)};
  points[1] = {points[0].x, static_cast<float>(height * 0.5 + static_cast<float>(width * -0.5))};
  points[2] = ThirdPoint(points[0], points[1]);
  return points;
}

Affine Between(const Points& from, const Points& to) {
  const cv::Matx23d matrix = cv::getAffineTransform(from.data(), to.data());
  Affine affine;
  std::copy_n(matrix.val, affine.m.size(), affine.m.begin());
  return affine;
}

Affine Inverse(const Affine& affine) {
  cv::Matx23d inverse;
  cv::invertAffineTransform(cv::Matx23d(affine.m.data()), inverse);
  Affine result;
  std::copy_n(inverse.val, result.m.size(), result.m.begin());
  return result;
}

// Pixels [first, first + count) of `length` with all between `low` and `high`, and what bilinear weights reach.
struct Reach {
  int first = 0;
  int count = 0;
};
Reach Within(double low, double high, int length) {
  // OpenCV rounds where it samples to 1/32 pixel.
  const double first = std::clamp(std::floor(low) - 1, 0.0, length - 1.0);
  const double last = std::clamp(std::ceil(high) + 1, first, length - 1.0);
  return {.first = static_cast<int>(first), .count = static_cast<int>(last - first) + 1};
}

// Frames are made on many threads, a frame on each.
void KeepOpenCvToOneThread() {
  static const bool done = [] {
    cv::setNumThreads(1);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

PersonView ViewOfBox(const PersonBox& box, double aspect, double padding) {
  double width = box.width;
  double height = box.height;
  if (width > aspect * height) {
    height = width / aspect;
  } else {
    width = height * aspect;
  }
  const auto scale = [&](double length) {
    return static_cast<float>(length / kScaleUnit) * static_cast<float>(padding);
  };
  return {.centre_x = static_cast<float>(box.left + box.width * 0.5),
          .centre_y = static_cast<float>(box.top + box.height * 0.5),
          .scale_x = scale(width),
          .scale_y = scale(height)};
}

PersonBox ClipToPicture(const PersonBox& box, int height, int width) {
  const auto last = [](double first, double length, int picture) {
    return std::min(picture - 1.0, first + std::max(0.0, length - 1));
  };
  const double left = std::max(0.0, box.left);
  const double top = std::max(0.0, box.top);
  return {.left = left,
          .top = top,
          .width = last(left, box.width, width) - left,
          .height = last(top, box.height, height) - top};
}

Affine ToFrame(const PersonView& view, double rotation, int height, int width) {
  return Between(PointsOfView(view, rotation), PointsOfFrame(height, width));
}

Affine FromFrame(const PersonView& view, double rotation, int height, int width) {
  return Between(PointsOfFrame(height, width), PointsOfView(view, rotation));
}

Box SourceOf(const Affine& to_frame, int frame_height, int frame_width, int picture_height, int picture_width) {
  const Affine back = Inverse(to_frame);
  Point low = back({.x = 0, .y = 0});
  Point high = low;
  for (const Point corner :
       {Point{frame_width - 1.0, 0}, Point{0, frame_height - 1.0}, Point{frame_width - 1.0, frame_height - 1.0}}) {
    const Point at = back(corner);
    low = {.x = std::min(low.x, at.x), .y = std::min(low.y, at.y)};
    high = {.x = std::max(high.x, at.x), .y = std::max(high.y, at.y)};
  }
  const Reach across = Within(low.x, high.x, picture_width);
  const Reach down = Within(low.y, high.y, picture_height);
  return {.top = down.first, .left = across.first, .height = down.count, .width = across.count};
}

Image WarpAffine(const Image& part, const Box& box, const Affine& to_frame, int height, int width) {
  KeepOpenCvToOneThread();
  // OpenCV warps by the inverse, which it would compute as Inverse() does. A shift by whole pixels changes no sample.
  Affine back = Inverse(to_frame);
  back.m[2] -= box.left;
  back.m[5] -= box.top;
  Image frame = BlackImage(height, width);
  const cv::Mat from(part.height, part.width, CV_8UC3, const_cast<uint8_t*>(part.rgb.data()));
  cv::Mat to(height, width, CV_8UC3, frame.rgb.data());
  cv::warpAffine(from, to, cv::Matx23d(back.m.data()), to.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_CONSTANT, cv::Scalar());
  return frame;
}

void Mirror(Image& image) {
  cv::Mat pixels(image.height, image.width, CV_8UC3, image.rgb.data());
  cv::flip(pixels, pixels, 1);
}

}  // namespace danas
