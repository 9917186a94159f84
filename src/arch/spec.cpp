#include "danas/arch/spec.h"

#include <algorithm>
#include <cmath>

#include "blocks/block_form.h"
#include "danas/arch/block_definition.h"
#include "danas/arch/space_limits.h"

namespace danas {

bool DefinedBlock::operator==(const DefinedBlock& other) const {
  const bool same =
      definition == other.definition || (definition && other.definition && *definition == *other.definition);
  return same && values == other.values;
}

Activation DefaultActivation(BlockKind kind) { return FormOf(kind).default_activation(); }

int ExpandedChannels(const BlockSpec& block, int in) { return static_cast<int>(std::lround(block.expand * in)); }

int SqueezeChannels(int in) { return std::max(8, in / 4); }

BlockSpec Canonical(const BlockSpec& block) { return FormOf(block.kind).Canonical(block); }

std::string BlockName(const BlockSpec& block) { return FormOf(block.kind).Name(block); }

std::string OperatorName(const BlockSpec& block) { return FormOf(block.kind).OperatorName(block); }

std::string CandidateName(const BlockSpec& block) {
  const BlockForm& form = FormOf(block.kind);
  std::string name = form.Name(block);
  if (const std::string op = form.OperatorName(block); !op.empty()) name += "_" + op;
  if (form.has_activation() && block.activation != form.default_activation()) {
    name += std::string("_") + NameOf(block.activation);
  }
  return name;
}

Size Downsampled(Size size, int stride) {
  return {(size.height + stride - 1) / stride, (size.width + stride - 1) / stride};
}

std::string ScaleText(const LayerShape& shape) {
  return shape.upsample > 1 ? "upsample " + std::to_string(shape.upsample) : "stride " + std::to_string(shape.stride);
}

bool KeepsShape(const LayerShape& shape) { return shape.stride == 1 && shape.upsample == 1 && shape.in == shape.out; }

std::string WhyMalformed(const BlockSpec& block) {
  const BlockForm& form = FormOf(block.kind);
  const int kernel = block.op.kernel;
  if (form.has_operator() && kernel % 2 == 0 && !form.takes_even_kernels()) {
    return "kernel " + std::to_string(kernel) + " is even; use an odd one";
  }
  if (form.has_operator() && (kernel < 1 || kernel > kLargestKernel)) {
    return "kernel " + std::to_string(kernel) + " is not in 1.." + std::to_string(kLargestKernel);
  }
  return form.WhyMalformed(block);
}

std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) {
  if (const std::string why = WhyMalformed(block); !why.empty()) return why;
  const BlockForm& form = FormOf(block.kind);
  if (shape.upsample > 1 && !form.enlarges()) {
    return "it gives no map larger than its input, and this layer has upsample " + std::to_string(shape.upsample);
  }
  return form.WhyInvalid(block, shape);
}

}  // namespace danas
