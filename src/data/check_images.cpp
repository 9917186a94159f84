#include "danas/data/check_images.h"

#include <atomic>
#include <map>
#include <mutex>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "src/data/parallel.h"

namespace danas {

namespace {

// What is read: samples, or of persons the pictures that have some; of packed ones all, since all bytes are compared.
std::vector<int64_t> ImagesToCheck(const DatasetIndex& set) {
  std::vector<int64_t> images;
  if (set.persons == nullptr) {
    for (int64_t i = 0; i < set.size(); ++i) images.push_back(i);
    return images;
  }
  std::vector<bool> used(set.persons->images.size(), set.format == DataFormat::kPacked);
  for (const Person& person : set.persons->persons) used[static_cast<size_t>(person.image)] = true;
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i]) images.push_back(static_cast<int64_t>(i));
  }
  return images;
}

// Throws DataError.
void CheckImage(const DatasetIndex& set, int64_t image) {
  if (set.persons == nullptr) {
    set.images->Load(image);
    return;
  }
  const PersonImage& said = set.persons->images[static_cast<size_t>(image)];
  const Image picture = set.pictures->Load(image);
  if (picture.height == said.height && picture.width == said.width) return;
  throw DataError(set.pictures->Name(image) + ": the picture has " + std::to_string(picture.height) + " x " +
                  std::to_string(picture.width) + " pixels (height x width), the annotations say " +
                  std::to_string(said.height) + " x " + std::to_string(said.width));
}

}  // namespace

int64_t CountImagesToCheck(const DatasetIndex& set) { return std::ssize(ImagesToCheck(set)); }

std::vector<std::string> FindBrokenImages(const DatasetIndex& set, int64_t threads,
                                          const std::function<void(int64_t done)>& progress) {
  const std::vector<int64_t> images = ImagesToCheck(set);
  std::atomic<int64_t> next = 0;
  std::mutex mutex;  // guards what is below
  int64_t done = 0;
  std::map<int64_t, std::string> broken;
  RunOnThreads(threads, [&] {
    while (!InterruptRequested()) {
      const int64_t image = next++;
      if (image >= std::ssize(images)) return;
      std::string reason;
      try {
        CheckImage(set, images[static_cast<size_t>(image)]);
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
