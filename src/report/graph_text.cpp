#include "danas/report/graph_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "danas/arch/graph_chains.h"
#include "danas/core/json.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

std::string Square(int kernel) { return std::to_string(kernel) + "x" + std::to_string(kernel); }

std::string StrideText(int stride) { return stride == 1 ? "" : ", stride " + std::to_string(stride); }

struct WordsOf {
  int channels_read;

  template <typename AnyConvolution>
  std::string Convolution(const AnyConvolution& step, const char* dense, const char* depthwise) const {
    const bool is_depthwise = IsDepthwise(step, channels_read);
    std::string text = (is_depthwise ? depthwise : dense) + (" " + Square(step.kernel)) + StrideText(step.stride);
    if (step.groups > 1 && !is_depthwise) text += ", " + std::to_string(step.groups) + " groups";
    if constexpr (requires { step.padding; }) {
      if (step.padding == Padding::kSame) text += ", padding same";
    }
    if (step.bias) text += ", bias";
    if (step.norm) text += ", batch norm";
    return text;
  }
  std::string operator()(const ConvolutionStep& step) const { return Convolution(step, "convolution", "depthwise"); }
  std::string operator()(const DeconvolutionStep& step) const {
    return Convolution(step, "deconvolution", "depthwise deconvolution");
  }
  std::string operator()(const NormStep& step) const {
    const std::string epsilon = step.norm == NormKind::kLayer ? ", epsilon " + JsonText(Json(step.epsilon)) : "";
    return std::string(NameOf(step.norm)) + " norm" + epsilon;
  }
  std::string operator()(const ScaleStep& step) const { return "scale from " + JsonText(Json(step.initial)); }
  std::string operator()(const ActivationStep& step) const { return NameOf(step.activation); }
  std::string operator()(const TakeStep& step) const {
    switch (step.which) {
      case Channels::kFirstHalf:
        return "take the first half of the channels";
      case Channels::kSecondHalf:
        return "take the second half of the channels";
      case Channels::kEven:
        return "take channels 0, 2, ...";
      case Channels::kOdd:
        return "take channels 1, 3, ...";
      case Channels::kListed:
        break;
    }
    return "take " + std::to_string(step.places.size()) + " of the channels";
  }
  std::string operator()(const PutStep& step) const {
    return "put into " + std::to_string(step.places.size()) + " of the channels";
  }
  std::string operator()(const JoinStep& step) const { return step.in_turn ? "join in turn" : "join"; }
  std::string operator()(const MixStep& step) const { return "mix " + std::to_string(step.groups) + " groups"; }
  std::string operator()(const AddStep&) const { return "add"; }
  std::string operator()(const MultiplyStep&) const { return "multiply"; }
  std::string operator()(const PoolStep& step) const {
    return std::string(step.pool == Pool::kMax ? "max" : "average") + " pool " + Square(step.kernel) +
           StrideText(step.stride);
  }
  std::string operator()(const GlobalAverageStep&) const { return "global average"; }
};

bool IsConvolution(const Operation& operation) {
  return std::holds_alternative<ConvolutionStep>(operation) || std::holds_alternative<DeconvolutionStep>(operation);
}

struct Row {
  std::string name;
  std::string what;
  std::string shape;
  std::vector<size_t> reads = {};  // rows
};

std::vector<Row> RowsOf(const BlockGraph& graph) {
  const std::vector<DrawnStep> steps = DrawnSteps(graph);
  std::vector<Row> rows = {{.name = "input", .what = "", .shape = ToText(graph.input)}};
  for (const DrawnStep& drawn : steps) {
    const Step& step = graph.steps[drawn.step];
    std::string what = std::visit(WordsOf{graph.shape(step.inputs.front()).channels}, step.operation);
    if (drawn.activation) what += std::string(", ") + NameOf(*drawn.activation);
    rows.push_back({step.name, std::move(what), ToText(graph.shape(drawn.output)), drawn.reads});
  }
  const size_t result = DrawnResult(graph, steps);
  if (result != steps.size() || steps.empty()) {
    rows.push_back({.name = "result", .what = "", .shape = rows[result].shape, .reads = {result}});
  }
  return rows;
}

bool ReadsRowAbove(const std::vector<Row>& rows, size_t row) { return rows[row].reads == std::vector{row - 1}; }

// What rows further down call this one needs a name.
void NumberRows(std::vector<Row>& rows) {
  for (size_t r = 1; r < rows.size(); ++r) {
    if (ReadsRowAbove(rows, r)) continue;
    for (const size_t read : rows[r].reads) {
      if (rows[read].name.empty()) rows[read].name = "#" + std::to_string(read);
    }
  }
}

void SayWhatIsRead(std::vector<Row>& rows) {
  for (size_t r = 1; r < rows.size(); ++r) {
    if (ReadsRowAbove(rows, r)) continue;
    std::string names;
    for (const size_t read : rows[r].reads) names += (names.empty() ? "<- " : ", ") + rows[read].name;
    rows[r].what += (rows[r].what.empty() ? "" : " ") + names;
  }
}

// The line from a row down to those that read it, but for the next one.
struct Lane {
  size_t from = 0;
  size_t to = 0;
  std::vector<size_t> readers = {};
  size_t column = 0;  // 0 is the nearest to the text

  bool Overlaps(const Lane& other) const { return from <= other.to && other.from <= to; }
};

std::vector<Lane> LanesOf(const std::vector<Row>& rows) {
  std::map<size_t, Lane> lanes;
  for (size_t r = 1; r < rows.size(); ++r) {
    for (const size_t read : rows[r].reads) {
      if (read + 1 == r) continue;
      Lane& lane = lanes[read];
      lane.from = read, lane.to = r;
      lane.readers.push_back(r);
    }
  }
  std::vector<Lane> sorted;
  for (const auto& [row, lane] : lanes) sorted.push_back(lane);
  std::ranges::stable_sort(sorted, {}, [](const Lane& lane) { return lane.to - lane.from; });
  for (size_t i = 0; i < sorted.size(); ++i) {
    const auto is_taken = [&](size_t column) {
      return std::any_of(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(i),
                         [&](const Lane& placed) { return placed.column == column && placed.Overlaps(sorted[i]); });
    };
    while (is_taken(sorted[i].column)) ++sorted[i].column;
  }
  return sorted;
}

// Where the strokes of a character go, from its middle.
constexpr unsigned kUp = 1, kDown = 2, kLeft = 4, kRight = 8;
constexpr std::array<std::string_view, 16> kStrokes = {" ", "╵", "╷", "│", "╴", "┘", "┐", "┤",
                                                       "╶", "└", "┌", "├", "─", "┴", "┬", "┼"};

// For each row its part of the lanes, all as wide; "" without lanes.
std::vector<std::string> DrawLanes(const std::vector<Row>& rows) {
  const std::vector<Lane> lanes = LanesOf(rows);
  if (lanes.empty()) return std::vector<std::string>(rows.size());
  size_t columns = 0;
  for (const Lane& lane : lanes) columns = std::max(columns, lane.column + 1);
  const size_t width = columns + 2;  // the last two lead to the text
  std::vector<std::vector<unsigned>> strokes(rows.size(), std::vector<unsigned>(width));
  for (const Lane& lane : lanes) {
    const size_t place = columns - 1 - lane.column;
    for (size_t r = lane.from; r <= lane.to; ++r) {
      strokes[r][place] |= (r > lane.from ? kUp : 0) | (r < lane.to ? kDown : 0);
      if (r != lane.from && !std::ranges::count(lane.readers, r)) continue;
      strokes[r][place] |= kRight;
      for (size_t c = place + 1; c + 1 < width; ++c) strokes[r][c] |= kLeft | kRight;
    }
  }
  std::vector<std::string> drawn;
  for (const std::vector<unsigned>& row : strokes) {
    std::string& text = drawn.emplace_back();
    for (const unsigned stroke : row) text += kStrokes[stroke];
  }
  return drawn;
}

std::string Padded(const std::string& text, size_t width) {
  return text + std::string(width - DisplayWidth(text), ' ');
}

}  // namespace

std::vector<DrawnStep> DrawnSteps(const BlockGraph& graph) {
  const GraphChains chains(graph);
  std::vector<DrawnStep> drawn;
  std::vector<size_t> place_of_map(graph.steps.size() + 1);
  for (size_t i = 0; i < graph.steps.size(); ++i) {
    if (place_of_map[i + 1] != 0) continue;  // an activation that stands with its convolution
    const Step& step = graph.steps[i];
    DrawnStep& added = drawn.emplace_back();
    added.step = i, added.output = i + 1;
    for (const MapId input : step.inputs) added.reads.push_back(place_of_map[input]);
    place_of_map[i + 1] = drawn.size();
    const std::optional<size_t> behind = IsConvolution(step.operation) ? chains.ActivationOf(i + 1) : std::nullopt;
    if (!behind) continue;
    added.activation = std::get<ActivationStep>(graph.steps[*behind].operation).activation;
    added.output = *behind + 1;
    place_of_map[*behind + 1] = drawn.size();
  }
  return drawn;
}

size_t DrawnResult(const BlockGraph& graph, const std::vector<DrawnStep>& steps) {
  const auto found = std::ranges::find(steps, graph.result, &DrawnStep::output);
  return graph.result == 0 ? 0 : static_cast<size_t>(found - steps.begin()) + 1;
}

std::string GraphText(const BlockGraph& graph) {
  std::vector<Row> rows = RowsOf(graph);
  NumberRows(rows);
  SayWhatIsRead(rows);
  const std::vector<std::string> lanes = DrawLanes(rows);
  size_t name_width = 0, what_width = 0;
  for (const Row& row : rows) {
    name_width = std::max(name_width, DisplayWidth(row.name));
    what_width = std::max(what_width, DisplayWidth(row.what));
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    text += lanes[r] + Padded(rows[r].name, name_width) + "  " + Padded(rows[r].what, what_width) +
            (what_width > 0 ? "  " : "") + rows[r].shape + "\n";
  }
  return text;
}

}  // namespace danas
