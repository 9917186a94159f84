// Layers in double: the same passes, compiled for the instructions that every processor has. The scalar reference of
// the float kernels; exact to rounding, and slow.
#define HWY_COMPILE_ONLY_STATIC 1
#include "danas/kernels/inverted_residual.h"
#include "hwy/highway.h"
#include "src/kernels/backward_layer-inl.h"
#include "src/kernels/evaluate-inl.h"
#include "src/kernels/forward-inl.h"
#include "src/kernels/require.h"

namespace danas::kernels {

template <>
Forwarded<double> Forward(const Layer<double>& layer, const double* x, double* y) {
  RequireFits(layer);
  Forwarded<double> result;
  HWY_STATIC_DISPATCH(ForwardLayer<double>)(layer, x, y, result);
  return result;
}

template <>
void Backward(KeptLayer<double>& kept, const Layer<double>& layer, const double* x, const double* y_gradient,
              Gradients<double>& gradients) {
  HWY_STATIC_DISPATCH(BackwardLayer<double>)(kept, layer, x, y_gradient, gradients);
}

template <>
void Evaluate(const Layer<double>& layer, const double* x, double* y) {
  RequireFits(layer);
  HWY_STATIC_DISPATCH(EvaluateLayer<double>)(layer, x, y);
}

}  // namespace danas::kernels
