#include "block_look.h"

#include <algorithm>
#include <array>

#include "danas/arch/block_definition.h"
#include "danas/report/run_findings.h"

namespace danas {
namespace {

constexpr size_t kLongestLine = 7;

// Families share a hue, and their members differ in lightness.
const char* FillOf(BlockKind kind) {
  switch (kind) {
    case BlockKind::kInvertedResidual:
      return "#9ecae1";
    case BlockKind::kDepthwiseSeparable:
      return "#d3e6f3";
    case BlockKind::kShuffleA:
      return "#fdd9b0";
    case BlockKind::kShuffleX:
      return "#f5a55f";
    case BlockKind::kShuffleV1:
      return "#fff0b3";
    case BlockKind::kShuffleV2:
      return "#f7cf5a";
    case BlockKind::kResidual:
      return "#b5dfc0";
    case BlockKind::kBasic:
      return "#7cc29a";
    case BlockKind::kConvolution:
      return "#cfcfcf";
    case BlockKind::kDeconvolution:
      return "#f2b8b0";
    case BlockKind::kMaxPool:
      return "#e4e4e4";
    case BlockKind::kIdentity:
      return "#fbfbfb";
    case BlockKind::kDefined:
      break;
  }
  return "#d9c7e8";
}

// A user's kinds: three purples, by name, so that a kind has one colour in all pictures.
std::string FillOfDefined(const std::string& name) {
  constexpr std::array kFills = {"#d9c7e8", "#eec9df", "#bfa8dc"};
  size_t sum = 0;
  for (const char letter : name) sum = sum * 31 + static_cast<unsigned char>(letter);
  return kFills.at(sum % kFills.size());
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
