// A dataset's images in one LMDB database: read by memory map, without a system call an image, and copied as one file.
// The layout: docs/data.md, "Packed sets".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "danas/data/dataset_index.h"

namespace danas {

struct PackOptions {
  bool keep_bytes = false;     // files as they are; the fingerprint stays. Else decoded, made smaller and encoded again
  int64_t resize_short = 256;  // pixels: the shorter side of what is larger; nothing is made larger
  int64_t quality = 90;        // of the JPEGs
  int64_t threads = 1;
  size_t transaction_bytes = size_t{32} << 20;  // about so much is written at once, and lost where packing is killed
};

struct PackOutcome {
  bool was_finished = false;  // by an earlier call: nothing was done
  int64_t images = 0;
  int64_t left_out = 0;
  uint64_t bytes = 0;  // of the database's file
};

// How many images PackDataset() packs.
int64_t ImagesToPack(const DatasetIndex& source);

// Packs `source` into the new or empty folder `folder`; where an earlier call with the same source and options did not
// come to its end, it continues after the last transaction. An image that cannot be read: an error, or left out where
// source.bad lists such images. Pictures without files (CIFAR, IDX) are kept without loss. `progress` is called with
// the images done so far. Throws DataError for a bad image; FileError where `folder` holds anything else or was packed
// otherwise, another process packs into it, or it cannot be written (what is written stays); Interrupted.
// Of persons with key-points all pictures that the annotations list are packed once, and the annotations with them;
// that takes PackOptions::keep_bytes, since key-points are in pixels of the pictures (UsageError).
PackOutcome PackDataset(const DatasetIndex& source, const std::filesystem::path& folder, const PackOptions& options,
                        const std::function<void(int64_t done)>& progress);

}  // namespace danas
