// Float layers: compiled once for each level of instructions; the chosen one is called.
#include "danas/kernels/inverted_residual.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/kernels/float.cpp"
#include "hwy/foreach_target.h"  // before highway.h
#include "hwy/highway.h"
#include "src/kernels/backward_layer-inl.h"
#include "src/kernels/evaluate-inl.h"
#include "src/kernels/forward-inl.h"
#include "src/kernels/level.h"
#include "src/kernels/require.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// No level of Levels(): here because Highway wants one that every processor has.
void ForwardFloat(const Layer<float>&, const float*, float*, Forwarded<float>&) {}
void BackwardFloat(KeptLayer<float>&, const Layer<float>&, const float*, const float*, Gradients<float>&) {}
void EvaluateFloat(const Layer<float>&, const float*, float*) {}
#else
void ForwardFloat(const Layer<float>& layer, const float* x, float* y, Forwarded<float>& result) {
  ForwardLayer(layer, x, y, result);
}
void BackwardFloat(KeptLayer<float>& kept, const Layer<float>& layer, const float* x, const float* y_gradient,
                   Gradients<float>& gradients) {
  BackwardLayer(kept, layer, x, y_gradient, gradients);
}
void EvaluateFloat(const Layer<float>& layer, const float* x, float* y) { EvaluateLayer(layer, x, y); }
#endif

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace danas::kernels {

HWY_EXPORT(ForwardFloat);
HWY_EXPORT(BackwardFloat);
HWY_EXPORT(EvaluateFloat);

template <>
Forwarded<float> Forward(const Layer<float>& layer, const float* x, float* y) {
  RequireFits(layer);
  RequireLevel();
  Forwarded<float> result;
  HWY_DYNAMIC_DISPATCH(ForwardFloat)(layer, x, y, result);
  return result;
}

template <>
void Backward(KeptLayer<float>& kept, const Layer<float>& layer, const float* x, const float* y_gradient,
              Gradients<float>& gradients) {
  RequireLevel();
  HWY_DYNAMIC_DISPATCH(BackwardFloat)(kept, layer, x, y_gradient, gradients);
}

template <>
void Evaluate(const Layer<float>& layer, const float* x, float* y) {
  RequireFits(layer);
  RequireLevel();
  HWY_DYNAMIC_DISPATCH(EvaluateFloat)(layer, x, y);
}

}  // namespace danas::kernels
#endif  // HWY_ONCE
