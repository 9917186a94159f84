// A search resumed from many of its checkpoints, each of which must lead to the same end.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "danas/search/search_loop.h"
#include "tests/search/search_support.h"
#include "tests/support/test_support.h"

namespace danas::test {

// `search(config, folder, resume, events)` runs it. Keeps a checkpoint between any two batches, and resumes from every
// `stride`-th but for the last; the search must have more than `least` of them.
template <typename Search>
void ExpectTheSameFromAnyBatch(Config config, const Search& search, size_t least, size_t stride) {
  config.checkpoint.every = 1e-9;
  config.checkpoint.keep = 1000;
  const TempDir whole;
  KeptEvents all;
  search(config, whole.path(), /*resume=*/false, all);
  std::vector<std::filesystem::path> manifests;
  for (const auto& entry : std::filesystem::directory_iterator(whole / "checkpoints")) {
    if (entry.path().extension() == ".json") manifests.push_back(entry.path());
  }
  std::ranges::sort(manifests);
  ASSERT_GT(manifests.size(), least);
  for (size_t i = 1; i + 1 < manifests.size(); i += stride) {
    SCOPED_TRACE(manifests[i].filename());
    const TempDir folder;
    std::filesystem::create_directories(folder / "checkpoints");
    for (const char* extension : {".json", ".safetensors"}) {
      std::filesystem::path from = manifests[i];
      std::filesystem::copy(from.replace_extension(extension), folder / "checkpoints");
    }
    KeptEvents rest, expected;
    search(config, folder.path(), /*resume=*/true, rest);
    expected.events.assign(all.events.end() - static_cast<std::ptrdiff_t>(rest.events.size()), all.events.end());
    EXPECT_EQ(rest.Text(), expected.Text());
    EXPECT_EQ(ReadText(folder / "weights.safetensors"), ReadText(whole / "weights.safetensors"));
  }
}

}  // namespace danas::test
