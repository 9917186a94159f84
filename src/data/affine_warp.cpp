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

Points PointsOfFrame(const PixelSize& frame) {
  Points points;
  points[0] = {static_cast<float>(frame.width * 0.5), static_cast<float>(frame.height * 0.5)};
  points[1] = {points[0].x, static_cast<float>(frame.height * 0.5 + static_cast<float>(frame.width * -0.5))};
  points[2] = ThirdPoint(points[0], points[1]);
  return points;
}

Affine Between(const Points& from, const Points& to) {
  const cv::Matx23d matrix = cv::getAffineTransform(from.data(), to.data());
  Affine affine;
  std::copy_n(matrix.val, affine.m.size(), affine.m.begin());
  return affine;
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

PersonBox ClipToPicture(const PersonBox& box, const PixelSize& picture) {
  const auto last = [](double first, double length, int whole) {
    return std::min(whole - 1.0, first + std::max(0.0, length - 1));
  };
  const double left = std::max(0.0, box.left);
  const double top = std::max(0.0, box.top);
  return {.left = left,
          .top = top,
          .width = last(left, box.width, picture.width) - left,
          .height = last(top, box.height, picture.height) - top};
}

Affine ToFrame(const PersonView& view, double rotation, const PixelSize& frame) {
  return Between(PointsOfView(view, rotation), PointsOfFrame(frame));
}

Affine FromFrame(const PersonView& view, double rotation, const PixelSize& frame) {
  return Between(PointsOfFrame(frame), PointsOfView(view, rotation));
}

Box SourceOf(const Affine& to_frame, const PixelSize& frame, const PixelSize& picture) {
  cv::Matx23d back;
  cv::invertAffineTransform(cv::Matx23d(to_frame.m.data()), back);
  const auto reach = [&](int axis, int length) {
    const double across = back(axis, 0) * (frame.width - 1);
    const double down = back(axis, 1) * (frame.height - 1);
    const double low = back(axis, 2) + std::min(across, 0.0) + std::min(down, 0.0);
    const double high = back(axis, 2) + std::max(across, 0.0) + std::max(down, 0.0);
    return Within(low, high, length);
  };
  const Reach across = reach(0, picture.width);
  const Reach down = reach(1, picture.height);
  return {.top = down.first, .left = across.first, .height = down.count, .width = across.count};
}

Image WarpAffine(const Image& part, const Box& box, const PixelSize& picture, const Affine& to_frame,
                 const PixelSize& frame) {
  KeepOpenCvToOneThread();
  // The part in its place: with a map from the part alone, OpenCV rounds some samples to another 1/32 pixel. What lies
  // around it is never read, and so neither filled nor, in large pictures, given memory.
  cv::Mat whole(picture.height, picture.width, CV_8UC3);
  const cv::Mat pixels(part.height, part.width, CV_8UC3, const_cast<uint8_t*>(part.rgb.data()));
  pixels.copyTo(whole(cv::Rect(box.left, box.top, box.width, box.height)));
  Image result = BlackImage(frame.height, frame.width);
  cv::Mat to(frame.height, frame.width, CV_8UC3, result.rgb.data());
  cv::warpAffine(whole, to, cv::Matx23d(to_frame.m.data()), to.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                 cv::Scalar());
  return result;
}

Image Mirrored(const Image& image) {
  Image mirrored = BlackImage(image.height, image.width);
  const cv::Mat from(image.height, image.width, CV_8UC3, const_cast<uint8_t*>(image.rgb.data()));
  cv::Mat to(image.height, image.width, CV_8UC3, mirrored.rgb.data());
  cv::flip(from, to, 1);
  return mirrored;
}

}  // namespace danas
