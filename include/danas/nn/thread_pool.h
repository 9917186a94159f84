// ATen's threads for danas's own loops: the one place that calls at::parallel_for.
#pragma once

namespace danas {

// From now on kernels::ForEachRange runs on ATen's pool, with at::get_num_threads() threads; work that is inside a
// range already runs where it is. What uses ForEachRange calls this first; once is enough.
void LendThreadPool();

}  // namespace danas
