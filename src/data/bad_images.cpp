#include "danas/data/bad_images.h"

#include <algorithm>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr size_t kToldOneByOne = 10;

}  // namespace

void BadImages::ListIn(const std::filesystem::path& file) {
  const std::lock_guard lock(mutex_);
  if (std::filesystem::exists(file)) {
    const std::string lines = ReadFile(file);
    const size_t whole = lines.rfind('\n') == std::string::npos ? 0 : lines.rfind('\n') + 1;
    for (size_t begin = 0; begin < whole;) {
      const size_t end = lines.find('\n', begin);
      listed_.insert(lines.substr(begin, std::min(lines.find('\t', begin), end) - begin));
      begin = end + 1;
    }
    if (whole < lines.size()) std::filesystem::resize_file(file, whole);
  }
  path_ = file;
}

void BadImages::Add(const std::string& name, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!found_.insert(name).second) return;
  new_.emplace_back(name, reason);
  if (found_.size() <= kToldOneByOne) log::warn("{}", reason);
  if (found_.size() == kToldOneByOne) log::warn("further unreadable images are not reported individually");
  if (!path_.empty() && listed_.insert(name).second) {
    std::string line = name + "\t" + reason;
    for (char& c : line) c = c == '\n' ? ' ' : c;
    if (!file_) file_.emplace(path_);
    file_->Append(line + "\n");
  }
  if (static_cast<double>(found_.size()) > most_ * static_cast<double>(images_)) {
    throw DataError(std::to_string(found_.size()) + " of the " + std::to_string(images_) + " images of " + dataset_ +
                    " cannot be read, more than data.most_bad = " + FormatPercent(most_, 2) +
                    " allows; the last one: " + reason);
  }
}

std::vector<std::pair<std::string, std::string>> BadImages::TakeNew() {
  const std::lock_guard lock(mutex_);
  return std::exchange(new_, {});
}

int64_t BadImages::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(found_.size());
}

}  // namespace danas
