#include "danas/data/image_listing.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <utility>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/units.h"
#include "src/data/parallel.h"

namespace danas {
namespace {

constexpr uint64_t kWorthTelling = uint64_t{256} << 20;  // bytes: a second or so
constexpr int64_t kMostThreads = 8;

struct ToRead {
  std::vector<size_t> images;
  uint64_t bytes = 0;
};

// All where `most_bytes` suffice; else as many as they do for, in the order of their names' hashes.
ToRead ChooseContents(const std::vector<ListedImage>& images, uint64_t most_bytes) {
  ToRead all;
  for (size_t i = 0; i < images.size(); ++i) {
    all.images.push_back(i);
    all.bytes += images[i].bytes;
  }
  if (all.bytes <= most_bytes) return all;
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < images.size(); ++i) order.emplace_back(HashText(images[i].name), i);
  std::sort(order.begin(), order.end());
  ToRead chosen;
  for (const auto& [hash, i] : order) {
    if (chosen.bytes + images[i].bytes > most_bytes) break;
    chosen.images.push_back(i);
    chosen.bytes += images[i].bytes;
  }
  return chosen;
}

void ReadContents(const DatasetIndex& set, int64_t most_bytes, std::vector<ListedImage>& images) {
  const ToRead chosen = ChooseContents(images, static_cast<uint64_t>(most_bytes));
  if (chosen.bytes >= kWorthTelling) {
    log::info("{}: reading the contents of {} images ({} MB), so that a resumed run can tell whether they are the same",
              set.name, FormatThousands(static_cast<int64_t>(chosen.images.size())), chosen.bytes / 1'000'000);
  }
  const int64_t threads = std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  std::atomic<size_t> next = 0;
  RunOnThreads(threads, [&] {
    for (size_t n = next++; n < chosen.images.size() && !InterruptRequested(); n = next++) {
      const size_t i = chosen.images[n];
      try {
        images[i].content = set.images->ContentHash(static_cast<int64_t>(i));
      } catch (const DataError&) {
        images[i].content = 0;  // reported when the run reads it
      }
    }
  });
  ThrowIfInterrupted();
}

}  // namespace

ListedSet ListSet(const std::string& role, const DatasetIndex& set, int64_t most_bytes) {
  ListedSet listed{.role = role,
                   .place = std::filesystem::absolute(set.name).lexically_normal().string(),
                   .format = NameOf(set.format),
                   .fingerprint = HexText(set.fingerprint),
                   .classes = set.classes.ids,
                   .images = {}};
  listed.images.resize(set.labels.size());
  for (size_t i = 0; i < set.labels.size(); ++i) {
    StoredImage stored = set.images->Stored(static_cast<int64_t>(i));
    listed.images[i] = {.name = std::move(stored.name), .label = set.labels[i], .bytes = stored.bytes};
  }
  ReadContents(set, most_bytes, listed.images);
  return listed;
}

int64_t CountContents(const ListedSet& set) {
  return std::ranges::count_if(set.images, [](const ListedImage& image) { return image.content != 0; });
}

}  // namespace danas
