#include "danas/data/check_images.h"

#include <atomic>
#include <map>
#include <mutex>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "src/data/parallel.h"

namespace danas {

std::vector<std::string> FindBrokenImages(const DatasetIndex& set, int64_t threads,
                                          const std::function<void(int64_t done)>& progress) {
  std::atomic<int64_t> next = 0;
  std::mutex mutex;  // guards what is below
  int64_t done = 0;
  std::map<int64_t, std::string> broken;
  RunOnThreads(threads, [&] {
    while (!InterruptRequested()) {
      const int64_t image = next++;
      if (image >= set.size()) return;
      std::string reason;
      try {
        set.images->Load(image);
      } catch (const DataError& error) {
        reason = error.what();
      }
      const std::lock_guard lock(mutex);
      if (!reason.empty()) broken.emplace(image, std::move(reason));
      progress(++done);
    }
  });
  ThrowIfInterrupted();
  std::vector<std::string> lines = set.images->FindDamage();
  for (auto& [image, reason] : broken) lines.push_back(std::move(reason));
  return lines;
}

}  // namespace danas
