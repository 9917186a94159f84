#include "graph_layout.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

namespace danas {
namespace {

constexpr double kArrowRoom = 14;  // above a box
constexpr double kBelowBox = 9;
constexpr double kLineDistance = 7;
constexpr double kTrackDistance = 10;
constexpr double kBesideBox = 14;
constexpr double kBetweenColumns = 28;
constexpr double kPortDistance = 16;

struct Edge {
  size_t from;
  size_t to;
  std::optional<size_t> track = {};  // of the column `track_column`; without it the arrow stays in its box's column
  size_t track_column = 0;
};

// From `x` to `to_x` in the gap below a level.
struct LevelLine {
  double x;
  double to_x;
  size_t from;  // box
  size_t place = 0;

  bool Overlaps(const LevelLine& other) const {
    return std::min(x, to_x) <= std::max(other.x, other.to_x) && std::min(other.x, other.to_x) <= std::max(x, to_x);
  }
};

class Layouter {
 public:
  explicit Layouter(const std::vector<GraphBox>& boxes) : boxes_(boxes), level_(boxes.size()), column_(boxes.size()) {
    FindLevels();
    FindColumns();
    FindEdges();
    FindTracks();
  }

  GraphLayout Finish() {
    PlaceColumns();
    PlacePorts();
    PlaceLevelLines();
    PlaceLevels();
    GraphLayout layout{.width = width_, .height = height_, .boxes = {}, .arrows = {}};
    for (size_t b = 0; b < boxes_.size(); ++b) layout.boxes.push_back(FrameOf(b));
    for (size_t e = 0; e < edges_.size(); ++e) layout.arrows.push_back(ArrowOf(e));
    return layout;
  }

 private:
  void FindLevels() {
    for (size_t b = 0; b < boxes_.size(); ++b) {
      for (const size_t read : boxes_[b].reads) level_[b] = std::max(level_[b], level_[read] + 1);
    }
    levels_ = *std::ranges::max_element(level_) + 1;
  }

  // The lowest level of those that read the box; 0: none does.
  size_t LastReader(size_t box) const {
    size_t last = 0;
    for (size_t b = 0; b < boxes_.size(); ++b) {
      if (std::ranges::count(boxes_[b].reads, box)) last = std::max(last, level_[b]);
    }
    return last;
  }

  // Chains of boxes, each chain a column's from its first level to the one where its end is read, the deepest first.
  void FindColumns() {
    std::vector<size_t> order(boxes_.size());
    std::iota(order.rbegin(), order.rend(), size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](size_t b) { return level_[b]; });
    std::vector<bool> placed(boxes_.size());
    std::vector<std::vector<std::pair<size_t, size_t>>> taken;  // [column] levels, from and to
    for (const size_t end : order) {
      if (placed[end]) continue;
      std::vector<size_t> chain = {end};
      for (std::optional<size_t> next = end; next;) {
        next = Above(*next, placed);
        if (next) chain.push_back(*next);
      }
      const std::pair levels(level_[chain.back()], std::max(level_[end], LastReader(end)));
      size_t column = 0;
      const auto is_free = [&](const auto& other) {
        return levels.second < other.first || other.second < levels.first;
      };
      while (column < taken.size() && !std::ranges::all_of(taken[column], is_free)) ++column;
      if (column == taken.size()) taken.emplace_back();
      taken[column].push_back(levels);
      for (const size_t box : chain) column_[box] = column, placed[box] = true;
    }
    columns_ = taken.size();
  }

  // The deepest box without a column that this one reads.
  std::optional<size_t> Above(size_t box, const std::vector<bool>& placed) const {
    std::optional<size_t> above;
    for (const size_t read : boxes_[box].reads) {
      if (!placed[read] && (!above || level_[read] > level_[*above])) above = read;
    }
    return above;
  }

  void FindEdges() {
    for (size_t b = 0; b < boxes_.size(); ++b) {
      for (const size_t read : std::set<size_t>(boxes_[b].reads.begin(), boxes_[b].reads.end())) {
        edges_.push_back({.from = read, .to = b});
      }
    }
    std::ranges::stable_sort(edges_, {}, [&](const Edge& edge) { return level_[edge.to] - level_[edge.from]; });
  }

  // Whether nothing is below the box in its column down to the level, that one not included.
  bool IsFreeBelow(size_t box, size_t level) const {
    for (size_t b = 0; b < boxes_.size(); ++b) {
      if (column_[b] == column_[box] && level_[b] > level_[box] && level_[b] < level) return false;
    }
    return true;
  }

  // Edges are sorted: short ones have tracks near the boxes. Those of one box share one where they can.
  void FindTracks() {
    tracks_.resize(columns_);
    std::vector<std::vector<std::vector<const Edge*>>> taken(columns_);  // [column][track]
    for (Edge& edge : edges_) {
      if (IsFreeBelow(edge.from, level_[edge.to])) continue;
      edge.track_column = std::min(column_[edge.from], column_[edge.to]);
      auto& tracks = taken[edge.track_column];
      const auto is_beside = [&](const Edge* other) {
        return other->from == edge.from || level_[other->to] <= level_[edge.from] ||
               level_[edge.to] <= level_[other->from];
      };
      const auto found =
          std::ranges::find_if(tracks, [&](const auto& in) { return std::ranges::all_of(in, is_beside); });
      edge.track = static_cast<size_t>(found - tracks.begin());
      if (found == tracks.end()) tracks.emplace_back();
      tracks[*edge.track].push_back(&edge);
    }
    for (size_t c = 0; c < columns_; ++c) tracks_[c] = taken[c].size();
  }

  void PlaceColumns() {
    double left = 0;
    for (size_t c = 0; c < columns_; ++c) {
      double width = 0;
      for (size_t b = 0; b < boxes_.size(); ++b) {
        if (column_[b] == c) width = std::max(width, boxes_[b].width);
      }
      middle_.push_back(left + width / 2);
      track_left_.push_back(left + width + kBesideBox);
      width_ = left + width;
      if (tracks_[c] > 0) width_ = track_left_[c] + kTrackDistance * static_cast<double>(tracks_[c] - 1);
      left = width_ + (tracks_[c] > 0 ? kBesideBox : kBetweenColumns);
    }
  }

  double MiddleOf(size_t box) const { return middle_[column_[box]]; }

  // Where the edge's long upright part is.
  double PassageOf(const Edge& edge) const {
    if (!edge.track) return MiddleOf(edge.from);
    return track_left_[edge.track_column] + kTrackDistance * static_cast<double>(*edge.track);
  }

  // Where edges enter the top of their box: an upright one in the middle, the others at the side that they come from.
  void PlacePorts() {
    port_.resize(edges_.size());
    for (size_t b = 0; b < boxes_.size(); ++b) {
      std::vector<size_t> entering;
      for (size_t e = 0; e < edges_.size(); ++e) {
        if (edges_[e].to == b) entering.push_back(e);
      }
      std::ranges::stable_sort(entering, {}, [&](size_t e) { return PassageOf(edges_[e]); });
      const auto upright =
          std::ranges::find_if(entering, [&](size_t e) { return PassageOf(edges_[e]) == MiddleOf(b); });
      const double middle = upright == entering.end() ? (static_cast<double>(entering.size()) - 1) / 2
                                                      : static_cast<double>(upright - entering.begin());
      const double distance = std::min(kPortDistance, boxes_[b].width / (2 * static_cast<double>(entering.size())));
      for (size_t i = 0; i < entering.size(); ++i) {
        port_[entering[i]] = MiddleOf(b) + distance * (static_cast<double>(i) - middle);
      }
    }
  }

  // Level parts below the level of the edge's box and above its target's; one and the same where that is the next.
  // Lines of different boxes that would cover each other are one below the other, those that leave boxes first.
  void PlaceLevelLines() {
    lines_.resize(levels_);
    std::map<std::tuple<bool, double, size_t>, std::pair<size_t, LevelLine>> sorted;  // gap and line
    for (size_t e = 0; e < edges_.size(); ++e) {
      const Edge& edge = edges_[e];
      const double passage = PassageOf(edge), out = MiddleOf(edge.from);
      const size_t leaves = level_[edge.from], enters = level_[edge.to] - 1;
      if (passage != out) {
        sorted[{false, std::abs(passage - out), e}] = {leaves, {.x = out, .to_x = passage, .from = edge.from}};
      }
      if (passage != port_[e]) {
        sorted[{leaves != enters || passage != out, std::abs(passage - port_[e]), e}] = {
            enters, {.x = passage, .to_x = port_[e], .from = edge.from}};
      }
    }
    for (auto& [key, gap_and_line] : sorted) {
      auto& [gap, line] = gap_and_line;
      const auto covers = [&](const LevelLine& other) {
        return other.place == line.place && other.from != line.from && other.Overlaps(line);
      };
      while (std::ranges::any_of(lines_[gap], covers)) ++line.place;
      lines_[gap].push_back(line);
    }
  }

  void PlaceLevels() {
    for (size_t l = 0; l < levels_; ++l) {
      double row = 0;
      for (size_t b = 0; b < boxes_.size(); ++b) {
        if (level_[b] == l) row = std::max(row, boxes_[b].height);
      }
      top_.push_back(height_);
      row_height_.push_back(row);
      height_ += row;
      if (l + 1 == levels_) break;
      size_t last = 0;
      for (const LevelLine& line : lines_[l]) last = std::max(last, line.place);
      height_ += kBelowBox + kLineDistance * static_cast<double>(last) + kArrowRoom;
    }
  }

  Frame FrameOf(size_t box) const {
    const GraphBox& size = boxes_[box];
    const double top = top_[level_[box]] + (row_height_[level_[box]] - size.height) / 2;
    return {.left = MiddleOf(box) - size.width / 2, .top = top, .width = size.width, .height = size.height};
  }

  double HeightOfLine(size_t gap, size_t from, double x, double to_x) const {
    const auto found = std::ranges::find_if(
        lines_[gap], [&](const LevelLine& line) { return line.from == from && line.x == x && line.to_x == to_x; });
    return top_[gap] + row_height_[gap] + kBelowBox + kLineDistance * static_cast<double>(found->place);
  }

  std::vector<Point> ArrowOf(size_t e) const {
    const Edge& edge = edges_[e];
    const double passage = PassageOf(edge), out = MiddleOf(edge.from), port = port_[e];
    std::vector<Point> points = {{out, FrameOf(edge.from).bottom()}};
    if (passage != out) {
      const double height = HeightOfLine(level_[edge.from], edge.from, out, passage);
      points.insert(points.end(), {{out, height}, {passage, height}});
    }
    if (passage != port) {
      const double height = HeightOfLine(level_[edge.to] - 1, edge.from, passage, port);
      points.insert(points.end(), {{passage, height}, {port, height}});
    }
    points.emplace_back(port, FrameOf(edge.to).top);
    return points;
  }

  const std::vector<GraphBox>& boxes_;
  std::vector<size_t> level_, column_;  // [box]
  size_t levels_ = 0, columns_ = 0;
  std::vector<Edge> edges_;
  std::vector<size_t> tracks_;                 // [column] how many
  std::vector<double> middle_, track_left_;    // [column]
  std::vector<double> port_;                   // [edge]
  std::vector<std::vector<LevelLine>> lines_;  // [gap below the level]
  std::vector<double> top_, row_height_;       // [level]
  double width_ = 0, height_ = 0;
};

}  // namespace

GraphLayout LayOut(const std::vector<GraphBox>& boxes) { return Layouter(boxes).Finish(); }

}  // namespace danas
