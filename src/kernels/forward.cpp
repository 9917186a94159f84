// Float layers: compiled once for each level of instructions; the chosen one is called.
#include "danas/kernels/inverted_residual.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/kernels/forward.cpp"
#include "hwy/foreach_target.h"  // before highway.h
#include "hwy/highway.h"
#include "src/kernels/forward-inl.h"
#include "src/kernels/level.h"
#include "src/kernels/require.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// No level of Levels(): here because Highway wants one that every processor has.
void ForwardFloat(const Layer<float>&, const float*, float*, Forwarded<float>&) {}
#else
void ForwardFloat(const Layer<float>& layer, const float* x, float* y, Forwarded<float>& result) {
  ForwardLayer(layer, x, y, result);
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace danas::kernels {

HWY_EXPORT(ForwardFloat);

template <>
Forwarded<float> Forward(const Layer<float>& layer, const float* x, float* y) {
  RequireFits(layer);
  RequireLevel();
  Forwarded<float> result;
  HWY_DYNAMIC_DISPATCH(ForwardFloat)(layer, x, y, result);
  return result;
}

}  // namespace danas::kernels
#endif  // HWY_ONCE
