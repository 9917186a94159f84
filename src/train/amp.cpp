#include "danas/train/amp.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

namespace danas {
namespace {

// torch.amp.GradScaler's.
constexpr double kFirstScale = 65536;
constexpr double kGrowth = 2;
constexpr double kBackoff = 0.5;
constexpr int64_t kGrowthInterval = 2000;

}  // namespace

AutocastScope::AutocastScope(AmpKind amp, at::DeviceType device) : entered_(amp != AmpKind::kNone), device_(device) {
  if (!entered_) return;
  enabled_before_ = at::autocast::is_autocast_enabled(device_);
  type_before_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, amp == AmpKind::kBf16 ? at::kBFloat16 : at::kHalf);
  at::autocast::increment_nesting();
}

AutocastScope::~AutocastScope() {
  if (!entered_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, enabled_before_);
  at::autocast::set_autocast_dtype(device_, type_before_);
}

LossScaler::LossScaler(AmpKind amp, at::Device device) {
  if (amp != AmpKind::kFp16) return;
  scale_ = at::full({}, kFirstScale, at::TensorOptions().dtype(at::kFloat).device(device));
  growth_tracker_ = at::zeros({}, at::TensorOptions().dtype(at::kInt).device(device));
}

at::Tensor LossScaler::Scale(const at::Tensor& loss) const { return enabled() ? loss * scale_ : loss; }

at::Tensor LossScaler::Unscale(const std::vector<at::Tensor>& gradients) const {
  if (!enabled()) return {};
  const at::Device device = gradients.empty() ? scale_.device() : gradients.front().device();  // α's: the CPU
  at::Tensor found_inf = at::zeros_like(scale_, scale_.options().device(device));
  // In double: 1 / scale would be denormal in float32 after many doublings.
  const at::Tensor inverse = scale_.to(at::kDouble).reciprocal().to(at::kFloat).to(device);
  if (!gradients.empty()) at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf, inverse);
  return found_inf.to(scale_.device());
}

void LossScaler::Update(const at::Tensor& found_inf) {
  if (!enabled()) return;
  at::_amp_update_scale_(scale_, growth_tracker_, found_inf, kGrowth, kBackoff, kGrowthInterval);
}

void LossScaler::Describe(StateFields& fields) {
  if (!enabled()) return;
  fields.Contents("scale", scale_);
  fields.Contents("growth_tracker", growth_tracker_);
}

}  // namespace danas
