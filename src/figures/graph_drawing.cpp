#include "graph_drawing.h"

#include <algorithm>
#include <utility>

#include "danas/core/json.h"
#include "danas/figures/colour.h"
#include "danas/report/graph_text.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

constexpr double kTextSize = 11;
constexpr double kSmallSize = 10;
constexpr double kPadding = 8;
constexpr double kStripe = 4;
constexpr double kLineHeight = 15;
constexpr double kBetweenTexts = 14;
constexpr size_t kLongestName = 40;
constexpr const char* kGrey = "#666666";

std::string Square(int kernel) { return std::to_string(kernel) + "×" + std::to_string(kernel); }

void AddDetail(std::string& details, const std::string& detail) { details += (details.empty() ? "" : ", ") + detail; }

struct LabelFor {
  int channels_read;

  template <typename AnyConvolution>
  StepLabel Convolution(const AnyConvolution& step, const char* dense, const char* depthwise) const {
    const bool is_depthwise = IsDepthwise(step, channels_read);
    StepLabel label{(is_depthwise ? depthwise : dense) + (" " + Square(step.kernel)), ""};
    if (step.stride > 1) AddDetail(label.details, "stride " + std::to_string(step.stride));
    if (step.groups > 1 && !is_depthwise) AddDetail(label.details, std::to_string(step.groups) + " groups");
    if constexpr (requires { step.padding; }) {
      if (step.padding == Padding::kSame) AddDetail(label.details, "padding same");
    }
    if (step.bias) AddDetail(label.details, "bias");
    if (step.norm) AddDetail(label.details, "batch norm");
    return label;
  }
  StepLabel operator()(const ConvolutionStep& step) const { return Convolution(step, "conv", "depthwise"); }
  StepLabel operator()(const DeconvolutionStep& step) const { return Convolution(step, "deconv", "depthwise deconv"); }
  StepLabel operator()(const NormStep& step) const { return {std::string(NameOf(step.norm)) + " norm", ""}; }
  StepLabel operator()(const ScaleStep& step) const { return {"scale", "from " + JsonText(Json(step.initial))}; }
  StepLabel operator()(const ActivationStep& step) const { return {NameOf(step.activation), ""}; }
  StepLabel operator()(const TakeStep& step) const {
    switch (step.which) {
      case Channels::kFirstHalf:
        return {"take first half", ""};
      case Channels::kSecondHalf:
        return {"take second half", ""};
      case Channels::kEven:
        return {"take 0, 2, …", ""};
      case Channels::kOdd:
        return {"take 1, 3, …", ""};
      case Channels::kListed:
        break;
    }
    return {"take " + std::to_string(step.places.size()), ""};
  }
  StepLabel operator()(const PutStep& step) const { return {"put into " + std::to_string(step.places.size()), ""}; }
  StepLabel operator()(const JoinStep& step) const { return {step.in_turn ? "join in turn" : "join", ""}; }
  StepLabel operator()(const MixStep& step) const { return {"mix " + std::to_string(step.groups) + " groups", ""}; }
  StepLabel operator()(const AddStep&) const { return {"add", ""}; }
  StepLabel operator()(const MultiplyStep&) const { return {"multiply", ""}; }
  StepLabel operator()(const PoolStep& step) const {
    return {std::string(step.pool == Pool::kMax ? "max" : "average") + " pool " + Square(step.kernel),
            step.stride > 1 ? "stride " + std::to_string(step.stride) : ""};
  }
  StepLabel operator()(const GlobalAverageStep&) const { return {"global average", ""}; }
};

struct GroupFor {
  StepGroup operator()(const ConvolutionStep& step) const {
    return step.groups > 1 ? StepGroup::kGrouped : StepGroup::kDense;
  }
  StepGroup operator()(const DeconvolutionStep& step) const {
    return step.groups > 1 ? StepGroup::kGrouped : StepGroup::kDense;
  }
  StepGroup operator()(const NormStep&) const { return StepGroup::kPerChannel; }
  StepGroup operator()(const ScaleStep&) const { return StepGroup::kPerChannel; }
  StepGroup operator()(const ActivationStep&) const { return StepGroup::kPerChannel; }
  StepGroup operator()(const TakeStep&) const { return StepGroup::kChannels; }
  StepGroup operator()(const PutStep&) const { return StepGroup::kChannels; }
  StepGroup operator()(const JoinStep&) const { return StepGroup::kChannels; }
  StepGroup operator()(const MixStep&) const { return StepGroup::kChannels; }
  StepGroup operator()(const AddStep&) const { return StepGroup::kArithmetic; }
  StepGroup operator()(const MultiplyStep&) const { return StepGroup::kArithmetic; }
  StepGroup operator()(const PoolStep&) const { return StepGroup::kPool; }
  StepGroup operator()(const GlobalAverageStep&) const { return StepGroup::kPool; }
};

std::string ColourFor(StepGroup group) {
  switch (group) {
    case StepGroup::kDense:
      return kCategories[0];
    case StepGroup::kGrouped:
      return kCategories[2];
    case StepGroup::kPerChannel:
      return kCategories[4];
    case StepGroup::kPool:
      return kCategories[5];
    case StepGroup::kChannels:
      return kCategories[3];
    case StepGroup::kArithmetic:
      break;
  }
  return kCategories[1];
}

const char* WordsFor(StepGroup group) {
  switch (group) {
    case StepGroup::kDense:
      return "dense convolution";
    case StepGroup::kGrouped:
      return "convolution in groups";
    case StepGroup::kPerChannel:
      return "norm, activation, scale";
    case StepGroup::kPool:
      return "pooling";
    case StepGroup::kChannels:
      return "channels divided, joined, mixed";
    case StepGroup::kArithmetic:
      break;
  }
  return "sum, product";
}

}  // namespace

double TextWidth(std::string_view text, double size, bool bold) {
  return static_cast<double>(DisplayWidth(text)) * size * (bold ? 0.68 : 0.61);
}

std::string ShapeLabel(const MapShape& shape) {
  return std::to_string(shape.channels) + " × " + std::to_string(shape.size.height) + " × " +
         std::to_string(shape.size.width);
}

StepLabel LabelOf(const Operation& operation, int channels_read) {
  return std::visit(LabelFor{channels_read}, operation);
}

void DrawFrame(Svg& svg, const Frame& frame, const std::string& fill, const std::string& border) {
  svg.Rectangle(frame.left, frame.top, frame.width, frame.height, fill);
  const std::vector<Point> corners = {{frame.left, frame.top},
                                      {frame.right(), frame.top},
                                      {frame.right(), frame.bottom()},
                                      {frame.left, frame.bottom()},
                                      {frame.left, frame.top}};
  svg.Polyline(corners, {.colour = border, .width = 0.75});
}

void DrawArrow(Svg& svg, const std::vector<Point>& points) {
  constexpr double kHead = 6;
  const auto [x, y] = points.back();
  std::vector<Point> line = points;
  line.back().second -= kHead;
  svg.Polyline(line, {.colour = "#444444"});
  svg.Polygon({{x, y}, {x - 3.5, y - kHead}, {x + 3.5, y - kHead}}, "#444444", 1);
}

GraphDrawing::GraphDrawing(const BlockGraph& graph) {
  AddBox({.what = "input", .name = "", .details = "", .shape = ShapeLabel(graph.input), .group = {}}, {});
  const std::vector<DrawnStep> steps = DrawnSteps(graph);
  for (const DrawnStep& drawn : steps) {
    const Step& step = graph.steps[drawn.step];
    StepLabel label = LabelOf(step.operation, graph.shape(step.inputs.front()).channels);
    if (drawn.activation) AddDetail(label.details, NameOf(*drawn.activation));
    AddBox({.what = label.what,
            .name = CutToWidth(step.name, kLongestName),
            .details = label.details,
            .shape = ShapeLabel(step.output),
            .group = std::visit(GroupFor{}, step.operation)},
           drawn.reads);
  }
  const size_t result = DrawnResult(graph, steps);
  if (result != steps.size() || steps.empty()) {
    AddBox({.what = "result", .name = "", .details = "", .shape = ShapeLabel(graph.shape(graph.result)), .group = {}},
           {result});
  }
  layout_ = LayOut(sizes_);
}

void GraphDrawing::AddBox(Box box, std::vector<size_t> reads) {
  // What has one text on each line, or none but the shape, is one line.
  if (box.name.empty() && box.details.empty()) std::swap(box.name, box.shape);
  const double first = TextWidth(box.what, kTextSize, true) + kBetweenTexts + TextWidth(box.name, kSmallSize);
  const bool has_second = !box.shape.empty();
  const double second =
      TextWidth(box.details, kSmallSize) + (box.details.empty() ? 0 : kBetweenTexts) + TextWidth(box.shape, kSmallSize);
  sizes_.push_back({.width = kStripe + 2 * kPadding + std::max(first, second),
                    .height = kLineHeight * (has_second ? 2 : 1) + kPadding,
                    .reads = std::move(reads)});
  if (box.group) groups_.insert(*box.group);
  boxes_.push_back(std::move(box));
}

void GraphDrawing::Draw(Svg& svg, Point top_left) const {
  for (std::vector<Point> arrow : layout_.arrows) {
    for (auto& [x, y] : arrow) x += top_left.first, y += top_left.second;
    DrawArrow(svg, arrow);
  }
  for (size_t b = 0; b < boxes_.size(); ++b) {
    const Box& box = boxes_[b];
    Frame frame = layout_.boxes[b];
    frame.left += top_left.first, frame.top += top_left.second;
    DrawFrame(svg, frame, "#ffffff", "#888888");
    if (box.group) {
      svg.Rectangle(frame.left, frame.top, frame.width, frame.height, ColourFor(*box.group), 0.12);
      svg.Rectangle(frame.left, frame.top, kStripe, frame.height, ColourFor(*box.group));
    }
    const double left = frame.left + kStripe + kPadding, right = frame.right() - kPadding;
    const double first = frame.top + kLineHeight, second = first + kLineHeight;
    svg.Text({left, first}, box.what, {.size = kTextSize, .bold = true});
    svg.Text({right, first}, box.name, {.size = kSmallSize, .anchor = Anchor::kEnd, .colour = kGrey});
    if (box.shape.empty()) continue;
    if (!box.details.empty()) svg.Text({left, second}, box.details, {.size = kSmallSize});
    svg.Text({right, second}, box.shape, {.size = kSmallSize, .anchor = Anchor::kEnd, .colour = kGrey});
  }
}

double LegendWidth(const std::set<StepGroup>& groups) {
  double width = 0;
  for (const StepGroup group : groups) width += 34 + TextWidth(WordsFor(group), kSmallSize);
  return width;
}

void DrawLegend(Svg& svg, Point top_left, const std::set<StepGroup>& groups) {
  auto [x, y] = top_left;
  for (const StepGroup group : groups) {
    svg.Rectangle(x, y, 12, 12, ColourFor(group));
    svg.Text({x + 17, y + 10}, WordsFor(group), {.size = kSmallSize});
    x += 34 + TextWidth(WordsFor(group), kSmallSize);
  }
}

}  // namespace danas
