// Float layers: compiled once for each level of instructions; the chosen one is called.
#include "danas/kernels/inverted_residual.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/kernels/backward.cpp"
#include "hwy/foreach_target.h"  // before highway.h
#include "hwy/highway.h"
#include "src/kernels/backward_layer-inl.h"
#include "src/kernels/level.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// No level of Levels(): here because Highway wants one that every processor has.
void BackwardFloat(KeptLayer<float>&, const Layer<float>&, const float*, const float*, Gradients<float>&) {}
#else
void BackwardFloat(KeptLayer<float>& kept, const Layer<float>& layer, const float* x, const float* y_gradient,
                   Gradients<float>& gradients) {
  BackwardLayer(kept, layer, x, y_gradient, gradients);
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace danas::kernels {

HWY_EXPORT(BackwardFloat);

template <>
void Backward(KeptLayer<float>& kept, const Layer<float>& layer, const float* x, const float* y_gradient,
              Gradients<float>& gradients) {
  RequireLevel();
  HWY_DYNAMIC_DISPATCH(BackwardFloat)(kept, layer, x, y_gradient, gradients);
}

}  // namespace danas::kernels
#endif  // HWY_ONCE
