#include "danas/nn/thread_pool.h"

#include <ATen/Parallel.h>

#include "danas/kernels/parallel.h"

#ifndef _OPENMP
#error "without OpenMP at::parallel_for is serial: link LibTorch::LibTorch of third_party/FindLibTorch.cmake"
#endif

namespace danas {

void LendThreadPool() {
  static const bool lent = [] {
    kernels::UseThreadPool({.threads = [] { return static_cast<int64_t>(at::get_num_threads()); },
                            .run =
                                [](const char*, int64_t tasks, const kernels::TaskRange& work) {
                                  at::parallel_for(0, tasks, 1, [&](int64_t begin, int64_t end) {
                                    work(begin, end, at::get_thread_num());
                                  });
                                }});
    return true;
  }();
  static_cast<void>(lent);
}

}  // namespace danas
