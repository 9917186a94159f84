// Where the sets of a dataset are and in which format: what data.root, data.train and data.test lead to.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "danas/config/data_config.h"
#include "src/data/formats.h"

namespace danas {

struct Place {
  std::filesystem::path path;
  DataFormat format = DataFormat::kAuto;
};

// The place of the training or the test set that `config` names. Throws DataError where there is none, more than one,
// or one of another format than data.format says; where something else is recognised, the message says what to do with
// it.
Place FindSet(const DataConfig& config, SetRole role);

// Whether there is such a file or folder. Throws DataError for a broken link.
bool IsThere(const std::filesystem::path& path);

// Of a root that holds its sets itself: CIFAR's, IDX and COCO's files, and a packed set without another one.
std::optional<DataFormat> OwnFormat(const std::filesystem::path& root);

// A dataset's root with train/ or a manifest of that name, not a set that happens to have a class named "train".
bool HasTrainBelow(const std::filesystem::path& path);

// Of a root the name under which its test set is packed; empty where it has none.
std::string TestSetOf(const std::filesystem::path& root, DataFormat own_format);

}  // namespace danas
