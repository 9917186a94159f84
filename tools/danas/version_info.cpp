#include "version_info.h"

#include <algorithm>

#include "build_commit.h"
#include "build_info.h"

namespace danas {

std::string VersionLine() { return std::string("danas ") + build_info::kVersion; }

Json BuildVersions() {
  return {{"danas", build_info::kVersion},        {"commit", build_info::kCommit},
          {"torch", build_info::kTorch},          {"opencv", build_info::kOpenCv},
          {"cuda_parts", build_info::kCudaParts}, {"build_type", build_info::kBuildType},
          {"compiler", build_info::kCompiler}};
}

std::string VersionText(const Json& versions) {
  size_t width = 0;
  for (const auto& [name, value] : versions.items()) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : versions.items()) {
    text += name + std::string(width - name.size() + 2, ' ') +
            (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  return text;
}

}  // namespace danas
