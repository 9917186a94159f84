#include "block_look.h"

#include <algorithm>
#include <array>

#include "danas/arch/block_definition.h"
#include "danas/report/run_findings.h"

namespace danas {
namespace {

constexpr size_t kLongestLine = 7;

constexpr std::array kDefinedFills = {"#cfb4d0", "#fad4f2", "#a789b7"};

// Families share a hue, and their members differ in lightness; all are told apart with any kind of colour vision.
const char* FillOf(BlockKind kind) {
  switch (kind) {
    case BlockKind::kInvertedResidual:
      return "#75b1dd";
    case BlockKind::kDepthwiseSeparable:
      return "#a6d2fd";
    case BlockKind::kShuffleA:
      return "#eec99d";
    case BlockKind::kShuffleX:
      return "#f5a45e";
    case BlockKind::kShuffleV1:
      return "#ebeb95";
    case BlockKind::kShuffleV2:
      return "#e9b942";
    case BlockKind::kResidual:
      return "#c6ebc5";
    case BlockKind::kBasic:
      return "#7db78d";
    case BlockKind::kConvolution:
      return "#aeaeae";
    case BlockKind::kDeconvolution:
      return "#b4788a";
    case BlockKind::kMaxPool:
      return "#cdcdcd";
    case BlockKind::kIdentity:
      return "#fbfbfb";
    case BlockKind::kDefined:
      break;
  }
  return kDefinedFills.front();
}

// A user's kinds: three purples, by name, so that a kind has one colour in all pictures.
std::string FillOfDefined(const std::string& name) {
  size_t sum = 0;
  for (const char letter : name) sum = sum * 31 + static_cast<unsigned char>(letter);
  return kDefinedFills.at(sum % kDefinedFills.size());
}

// Whether the operator is a depthwise convolution where its kind says so: elsewhere only its kernel counts.
bool HasChannelFilters(BlockKind kind) { return kind != BlockKind::kMaxPool && kind != BlockKind::kDeconvolution; }

std::vector<std::string> Split(const std::string& name) {
  std::vector<std::string> words(1);
  for (const char letter : name) {
    if (letter == '_') {
      words.emplace_back();
    } else {
      words.back() += letter;
    }
  }
  return words;
}

// Words that fit together share a line.
std::vector<std::string> Lines(const std::vector<std::string>& words) {
  std::vector<std::string> lines;
  for (const std::string& word : words) {
    if (word.empty()) continue;
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= kLongestLine) {
      lines.back() += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

}  // namespace

std::vector<std::string> BlockFills() {
  std::vector<std::string> fills(kDefinedFills.begin(), kDefinedFills.end());
  for (int kind = 0; kind < static_cast<int>(BlockKind::kDefined); ++kind) {
    fills.emplace_back(FillOf(static_cast<BlockKind>(kind)));
  }
  return fills;
}

BlockLook LookOf(const BlockSpec& block, const LayerShape& shape) {
  BlockLook look;
  const bool defined = block.kind == BlockKind::kDefined;
  look.kind = defined ? block.defined.definition->name() : NameOf(block.kind);
  look.fill = defined ? FillOfDefined(look.kind) : FillOf(block.kind);
  look.passes = block.kind == BlockKind::kIdentity;
  look.squeeze_excite = SqueezesAndExcites(block, shape);
  std::vector<std::string> words = Split(BlockName(block));
  if (block.kind == BlockKind::kInvertedResidual) std::erase(words, "se");  // it has a sign of its own
  if (block.kind == BlockKind::kDeconvolution) words.front() = "deconv";    // a whole word would not fit
  look.lines = Lines(words);
  look.op = OperatorName(block);
  if (!defined && !look.op.empty()) {
    const std::string kernel = std::to_string(block.op.kernel);
    look.op = kernel + "×" + kernel + (look.op.front() == 'k' && HasChannelFilters(block.kind) ? " dw" : "");
  }
  return look;
}

}  // namespace danas
