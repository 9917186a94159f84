# The private parts of torch that danas uses. Torch may change or remove them in any release, without a note: where
# CMake finds a release that they were not tested with, it names them. tests/architecture/private_torch.py compares the
# list with the sources.

# Releases with which danas's tests have passed, these parts among what they ran.
set(PrivateTorch_TESTED 2.14)

# A name as the sources write it, or a <header> of which all is private, and the files that use it.
set(PrivateTorch_USES
    "at::_add_relu_: src/nn/graph_plan.cpp"
    "at::_amp_foreach_non_finite_check_and_unscale_: src/train/amp.cpp"
    "at::_amp_update_scale_: src/train/amp.cpp"
    "at::_batch_norm_impl_index: src/nn/norm.cpp"
    "at::_batch_norm_impl_index_backward: src/nn/norm.cpp"
    "at::_foreach_copy_: src/train/ema.cpp"
    "at::_foreach_lerp_: src/train/ema.cpp"
    "at::_foreach_add_: src/train/optimizer.cpp"
    "at::_foreach_mul_: src/train/optimizer.cpp"
    "at::_foreach_norm: src/train/optimizer.cpp"
    "at::_foreach_sub_: src/train/optimizer.cpp"
    "at::_fused_adam_: src/train/optimizer.cpp"
    "at::_fused_sgd_: src/train/optimizer.cpp"
    "c10::impl::VirtualGuardImpl: src/latency/stopwatch.cpp src/run/device.cpp src/train/loader.cpp"
    "<kineto/ActivityType.h>: src/run/profiler.cpp"
    "<torch/csrc/autograd/profiler_kineto.h>: src/run/profiler.cpp"
    "<torch/csrc/distributed/c10d/logger.hpp>: src/train/gradient_reducer.cpp"
    "<torch/csrc/distributed/c10d/reducer.hpp>: src/train/gradient_reducer.cpp")

string(REGEX MATCH "^[0-9]+\\.[0-9]+" _release "${LibTorch_VERSION}")
if(NOT _release IN_LIST PrivateTorch_TESTED)
  list(JOIN PrivateTorch_TESTED ", " _tested)
  list(JOIN PrivateTorch_USES "\n  " _uses)
  message(WARNING "danas uses private parts of torch, tested with ${_tested}. This is torch ${LibTorch_VERSION}, where \
they may be missing or do something else. If it does not compile, or a test fails, look at these first:\n  ${_uses}")
endif()
