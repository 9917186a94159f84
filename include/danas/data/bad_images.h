// Images that cannot be read, where data.on_error is 'skip': reported and listed once each, and a limit on how many.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "danas/core/file.h"

namespace danas {

// Of one dataset. Safe to call from several threads at once.
class BadImages {
 public:
  // `images` are in the dataset; a share of `most` of them, in [0, 1], may be bad.
  BadImages(std::string dataset, int64_t images, double most)
      : dataset_(std::move(dataset)), images_(images), most_(most) {}

  // From now on a line "NAME<tab>REASON" is added to `file` for each image that is not there yet. A last line that was
  // cut short is removed.
  void ListIn(const std::filesystem::path& file);

  // Throws DataError when more than the share are bad.
  void Add(const std::string& name, const std::string& reason);

  int64_t count() const;

  // What was added since the last call, {name, reason}: for other processes that read the same dataset.
  std::vector<std::pair<std::string, std::string>> TakeNew();

 private:
  std::string dataset_;
  int64_t images_;
  double most_;
  mutable std::mutex mutex_;  // guards what is below
  std::set<std::string> found_;
  std::set<std::string> listed_;
  std::vector<std::pair<std::string, std::string>> new_;
  std::filesystem::path path_;
  std::optional<AppendFile> file_;  // once there is a line
};

}  // namespace danas
