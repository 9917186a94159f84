#include "danas/data/check_images.h"

#include <atomic>
#include <map>
#include <mutex>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "src/data/parallel.h"

namespace danas {

namespace {

// One sample of each picture.
std::vector<int64_t> SamplesToCheck(const DatasetIndex& set) {
  std::vector<int64_t> samples;
  std::vector<bool> seen(set.persons != nullptr ? set.persons->images.size() : 0, false);
  for (int64_t i = 0; i < set.size(); ++i) {
    if (set.persons != nullptr) {
      const auto image = static_cast<size_t>(set.persons->persons[static_cast<size_t>(i)].image);
      if (seen[image]) continue;
      seen[image] = true;
    }
    samples.push_back(i);
  }
  return samples;
}

// Throws DataError.
void CheckSample(const DatasetIndex& set, int64_t sample) {
  if (set.persons == nullptr) {
    set.images->Load(sample);
    return;
  }
  const int64_t image = set.persons->persons[static_cast<size_t>(sample)].image;
  const PersonImage& said = set.persons->images[static_cast<size_t>(image)];
  const Image picture = set.pictures->Load(image);
  if (picture.height == said.height && picture.width == said.width) return;
  throw DataError(set.pictures->Name(image) + ": the picture has " + std::to_string(picture.height) + " x " +
                  std::to_string(picture.width) + " pixels (height x width), the annotations say " +
                  std::to_string(said.height) + " x " + std::to_string(said.width));
}

}  // namespace

int64_t CountImagesToCheck(const DatasetIndex& set) { return std::ssize(SamplesToCheck(set)); }

std::vector<std::string> FindBrokenImages(const DatasetIndex& set, int64_t threads,
                                          const std::function<void(int64_t done)>& progress) {
  const std::vector<int64_t> samples = SamplesToCheck(set);
  std::atomic<int64_t> next = 0;
  std::mutex mutex;  // guards what is below
  int64_t done = 0;
  std::map<int64_t, std::string> broken;
  RunOnThreads(threads, [&] {
    while (!InterruptRequested()) {
      const int64_t image = next++;
      if (image >= std::ssize(samples)) return;
      std::string reason;
      try {
        CheckSample(set, samples[static_cast<size_t>(image)]);
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
