#include "src/figures/graph_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "danas/core/random.h"

namespace danas {
namespace {

// Mostly chains, as blocks are, with up to two more boxes that a box reads.
std::vector<GraphBox> DrawBoxes(RandomStream& stream) {
  std::vector<GraphBox> boxes;
  const size_t count = 1 + stream.UniformInt(14);
  for (size_t b = 0; b < count; ++b) {
    GraphBox& box = boxes.emplace_back();
    box.width = stream.Uniform(60, 240), box.height = stream.Uniform(20, 40);
    if (b == 0) continue;
    box.reads = {stream.UniformInt(4) == 0 ? stream.UniformInt(b) : b - 1};
    for (size_t more = stream.UniformInt(3); more > 0; --more) box.reads.push_back(stream.UniformInt(b));
  }
  return boxes;
}

constexpr double kTouch = 0.01;

bool Overlap(double low, double high, double other_low, double other_high) {
  return low < other_high - kTouch && high > other_low + kTouch;
}

// A level or upright part of an arrow.
struct Part {
  Point start;  // of the arrow
  double left, right, top, bottom;

  bool Crosses(const Frame& box) const {
    return Overlap(left, right, box.left, box.right()) && Overlap(top, bottom, box.top, box.bottom());
  }
  bool Covers(const Part& other) const {
    const bool upright = left == right && other.left == other.right && left == other.left;
    const bool level = top == bottom && other.top == other.bottom && top == other.top;
    return (upright && Overlap(top, bottom, other.top, other.bottom)) ||
           (level && Overlap(left, right, other.left, other.right));
  }
};

std::vector<Part> PartsOf(const GraphLayout& layout) {
  std::vector<Part> parts;
  for (const std::vector<Point>& arrow : layout.arrows) {
    for (size_t i = 1; i < arrow.size(); ++i) {
      const auto [x, y] = arrow[i - 1];
      const auto [to_x, to_y] = arrow[i];
      EXPECT_TRUE(x == to_x || y == to_y);
      EXPECT_LE(y, to_y);
      parts.push_back({arrow.front(), std::min(x, to_x), std::max(x, to_x), y, to_y});
    }
  }
  return parts;
}

void ExpectBoxesApart(const std::vector<GraphBox>& boxes, const GraphLayout& layout) {
  for (size_t a = 0; a < boxes.size(); ++a) {
    const Frame& box = layout.boxes[a];
    EXPECT_EQ(box.width, boxes[a].width);
    EXPECT_EQ(box.height, boxes[a].height);
    EXPECT_GE(box.left, 0);
    EXPECT_LE(box.right(), layout.width + kTouch);
    EXPECT_LE(box.bottom(), layout.height + kTouch);
    for (const size_t read : boxes[a].reads) EXPECT_GE(box.top, layout.boxes[read].bottom() + 10);
    for (size_t b = 0; b < a; ++b) {
      const Frame& other = layout.boxes[b];
      EXPECT_FALSE(Overlap(box.left, box.right(), other.left, other.right()) &&
                   Overlap(box.top, box.bottom(), other.top, other.bottom()));
    }
  }
}

// From the bottom of each box to the top of each that reads it, once.
void ExpectArrows(const std::vector<GraphBox>& boxes, const GraphLayout& layout) {
  std::set<std::pair<size_t, size_t>> expected, found;
  for (size_t b = 0; b < boxes.size(); ++b) {
    for (const size_t read : boxes[b].reads) expected.emplace(read, b);
  }
  for (const std::vector<Point>& arrow : layout.arrows) {
    const auto [x, y] = arrow.front();
    const auto [to_x, to_y] = arrow.back();
    const auto begins = [&](const Frame& box) { return y == box.bottom() && x > box.left && x < box.right(); };
    const auto ends = [&](const Frame& box) { return to_y == box.top && to_x > box.left && to_x < box.right(); };
    const auto from = std::ranges::find_if(layout.boxes, begins), to = std::ranges::find_if(layout.boxes, ends);
    ASSERT_TRUE(from != layout.boxes.end() && to != layout.boxes.end());
    found.emplace(from - layout.boxes.begin(), to - layout.boxes.begin());
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(layout.arrows.size(), expected.size());
}

TEST(GraphLayout, NothingCrossesABoxOrHidesAnArrow) {
  RandomStream stream(1, "graph_layout_test");
  for (int i = 0; i < 2000 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const std::vector<GraphBox> boxes = DrawBoxes(stream);
    const GraphLayout layout = LayOut(boxes);
    ExpectBoxesApart(boxes, layout);
    ExpectArrows(boxes, layout);
    const std::vector<Part> parts = PartsOf(layout);
    for (const Part& part : parts) {
      EXPECT_FALSE(std::ranges::any_of(layout.boxes, [&](const Frame& box) { return part.Crosses(box); }));
      EXPECT_LE(part.right, layout.width + kTouch);
      for (const Part& other : parts) EXPECT_FALSE(part.start != other.start && part.Covers(other));
    }
  }
}

TEST(GraphLayout, AChainIsAColumn) {
  const GraphLayout layout = LayOut({{100, 20, {}}, {60, 30, {0}}, {80, 20, {1}}});
  EXPECT_EQ(layout.width, 100);
  for (const Frame& box : layout.boxes) EXPECT_EQ(box.left + box.width / 2, 50);
  for (const std::vector<Point>& arrow : layout.arrows) EXPECT_EQ(arrow.size(), 2u);
}

TEST(GraphLayout, AShortcutGoesDownBesideTheBoxes) {
  const GraphLayout layout = LayOut({{100, 20, {}}, {100, 20, {0}}, {100, 20, {1, 0}}});
  EXPECT_GT(layout.width, 100);
  ASSERT_EQ(layout.arrows.size(), 3u);
  const std::vector<Point>& shortcut = layout.arrows.back();
  ASSERT_EQ(shortcut.size(), 6u);
  EXPECT_EQ(shortcut[2].first, layout.width);
  EXPECT_GT(shortcut.back().first, 50);  // beside the arrow from the box above
}

}  // namespace
}  // namespace danas
