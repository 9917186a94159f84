#include "stage_column.h"

#include <algorithm>
#include <set>

#include "danas/core/json.h"
#include "graph_drawing.h"

namespace danas {
namespace {

constexpr double kPadding = 10;
constexpr double kTextSize = 11;
constexpr double kLetterSize = 10;
constexpr double kLineHeight = 15;
constexpr double kFirstLine = 16;  // from the box's top to the text's foot
constexpr double kBetweenBoxes = 18;
constexpr double kBetweenTexts = 24;
constexpr double kLetterGap = 3;
constexpr size_t kLettersBesideText = 8;

double LettersWidth(const std::vector<std::string>& letters) {
  double width = -kLetterGap;
  for (const std::string& letter : letters) width += LetterWidth(letter) + kLetterGap;
  return width;
}

}  // namespace

double LetterWidth(const std::string& letter) {
  return std::max(kLetterHeight, TextWidth(letter, kLetterSize, true) + 6);
}

void DrawLetter(Svg& svg, Point top_left, const std::string& letter) {
  const auto [left, top] = top_left;
  svg.Rectangle(left, top, LetterWidth(letter), kLetterHeight, "#444444");
  svg.Text({left + LetterWidth(letter) / 2, top + 11}, letter,
           {.size = kLetterSize, .anchor = Anchor::kMiddle, .bold = true, .colour = "#ffffff"});
}

StageColumn::StageColumn(const SearchSpace& space, const std::map<std::string, std::string>& letter_of) {
  stages_.push_back({.lines = {{"image", ShapeLabel({space.input_channels(), space.input()})}}});
  if (space.stem().channels > 0) AddStem(space);
  AddLayers(space, letter_of);
  AddHead(space);
  for (const Stage& stage : stages_) width_ = std::max(width_, WidthOf(stage));
}

void StageColumn::AddStem(const SearchSpace& space) {
  const StemSpec& stem = space.stem();
  const StepLabel label = LabelOf(ConvolutionStep{.out = stem.channels, .kernel = stem.kernel, .stride = stem.stride},
                                  space.input_channels());
  stages_.push_back({.lines = {{"stem", ""},
                               {label.what + ", " + label.details + ", " + NameOf(stem.activation),
                                ShapeLabel({stem.channels, Downsampled(space.input(), stem.stride)})}}});
}

void StageColumn::AddLayers(const SearchSpace& space, const std::map<std::string, std::string>& letter_of) {
  const std::vector<LayerSpec>& layers = space.layers();
  for (size_t first = 0, last = 0; first < layers.size(); first = last + 1) {
    last = first;
    while (last + 1 < layers.size() && layers[last + 1] == layers[first]) ++last;
    const LayerShape& shape = layers[first].shape;
    const std::vector<BlockSpec>& candidates = layers[first].candidates;
    const std::string places = std::to_string(first) + (first == last ? "" : " to " + std::to_string(last));
    Stage& stage = stages_.emplace_back();
    stage.fill = shape.upsample > 1 ? "#f9efdd" : shape.stride > 1 ? "#d9e8f3" : "#edf4f9";
    stage.lines = {
        {"layers[" + places + "]", first == last ? "" : "× " + std::to_string(last - first + 1)},
        {std::to_string(shape.in) + " → " + std::to_string(shape.out) + ", " + ScaleText(shape),
         ShapeLabel({shape.out, shape.output()})},
        {candidates.size() == 1 ? CandidateName(candidates.front()) : std::to_string(candidates.size()) + " candidates",
         ""}};
    for (const BlockSpec& block : candidates) {
      const std::string& letter = letter_of.at(BlockName(block));
      if (!std::ranges::count(stage.letters, letter)) stage.letters.push_back(letter);
    }
  }
}

void StageColumn::AddHead(const SearchSpace& space) {
  const HeadSpec& head = space.head();
  Stage& stage = stages_.emplace_back();
  stage.lines = {{"head", ""}};
  if (space.has_heat_maps()) {
    stage.lines.emplace_back("conv 1×1", ShapeLabel(space.heat_maps()));
    stage.lines.emplace_back("a heat map for each key-point", "");
    return;
  }
  if (head.channels > 0) {
    stage.lines.emplace_back(std::string("conv 1×1, batch norm, ") + NameOf(head.activation),
                             ShapeLabel({head.channels, space.feature_size()}));
  }
  stage.lines.emplace_back("average pool", ShapeLabel({space.head_channels(), {head.pool, head.pool}}));
  const std::string dropout = head.dropout > 0 ? "dropout " + JsonText(Json(head.dropout)) : "";
  for (const int width : head.hidden) {
    stage.lines.emplace_back(
        std::string("fully connected, ") + NameOf(head.activation) + (dropout.empty() ? "" : ", " + dropout),
        std::to_string(width));
  }
  const bool drops_here = !dropout.empty() && head.hidden.empty();
  stage.lines.emplace_back((drops_here ? dropout + ", " : "") + "fully connected",
                           std::to_string(space.classes()) + " classes");
}

double StageColumn::WidthOf(const Stage& stage) const {
  double width = 0;
  for (size_t i = 0; i < stage.lines.size(); ++i) {
    const auto& [left, right] = stage.lines[i];
    const double gap = right.empty() ? 0 : kBetweenTexts;
    width = std::max(width, TextWidth(left, kTextSize, i == 0) + gap + TextWidth(right, kTextSize, i == 0));
  }
  if (!stage.letters.empty() && stage.letters.size() <= kLettersBesideText) {
    const double text = TextWidth(stage.lines.back().first, kTextSize);
    width = std::max(width, text + kBetweenTexts + LettersWidth(stage.letters));
  }
  return width + 2 * kPadding;
}

double StageColumn::HeightOf(const Stage& stage) const {
  const double lines = kFirstLine + kLineHeight * static_cast<double>(stage.lines.size() - 1) + kPadding;
  const std::vector<Point> letters = LetterPlaces(stage);
  return letters.empty() ? lines : std::max(lines, letters.back().second + kLetterHeight + 6);
}

// At the right of the last line, or in lines below it where there are more.
std::vector<Point> StageColumn::LetterPlaces(const Stage& stage) const {
  const bool beside = stage.letters.size() <= kLettersBesideText;
  const double last_line = kFirstLine + kLineHeight * static_cast<double>(stage.lines.size() - 1);
  double x = beside ? width_ - kPadding - LettersWidth(stage.letters) : kPadding;
  double y = beside ? last_line - 10 : last_line + 7;
  std::vector<Point> places;
  for (const std::string& letter : stage.letters) {
    if (!beside && x + LetterWidth(letter) > width_ - kPadding) x = kPadding, y += kLetterHeight + kLetterGap;
    places.emplace_back(x, y);
    x += LetterWidth(letter) + kLetterGap;
  }
  return places;
}

double StageColumn::height() const {
  double height = -kBetweenBoxes;
  for (const Stage& stage : stages_) height += HeightOf(stage) + kBetweenBoxes;
  return height;
}

void StageColumn::Draw(Svg& svg, Point top_left) const {
  auto [left, top] = top_left;
  for (const Stage& stage : stages_) {
    DrawStage(svg, {left, top}, stage);
    const double bottom = top + HeightOf(stage), middle = left + width_ / 2;
    if (&stage != &stages_.back()) DrawArrow(svg, {{middle, bottom}, {middle, bottom + kBetweenBoxes}});
    top = bottom + kBetweenBoxes;
  }
}

void StageColumn::DrawStage(Svg& svg, Point top_left, const Stage& stage) const {
  const auto [left, top] = top_left;
  DrawFrame(svg, {.left = left, .top = top, .width = width_, .height = HeightOf(stage)}, stage.fill, "#888888");
  for (size_t i = 0; i < stage.lines.size(); ++i) {
    const auto& [text, right_text] = stage.lines[i];
    const double foot = top + kFirstLine + kLineHeight * static_cast<double>(i);
    svg.Text({left + kPadding, foot}, text, {.size = kTextSize, .bold = i == 0});
    if (right_text.empty()) continue;
    svg.Text({left + width_ - kPadding, foot}, right_text, {.size = kTextSize, .anchor = Anchor::kEnd, .bold = i == 0});
  }
  const std::vector<Point> places = LetterPlaces(stage);
  for (size_t i = 0; i < places.size(); ++i) {
    DrawLetter(svg, {left + places[i].first, top + places[i].second}, stage.letters[i]);
  }
}

}  // namespace danas
