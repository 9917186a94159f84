// danas data check: reads a dataset once and lists the images that are broken.
#include <iostream>

#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/units.h"
#include "danas/data/check_images.h"
#include "data_options.h"
#include "image_progress.h"
#include "inputs.h"

namespace danas {

int RunCommand(const DataCheckOptions& options, const Call&) {
  DataConfig config = ReadConfig(options.config).data;
  config.on_error = OnBadImage::kSkip;  // all bad images are reported, not only the first
  int64_t images = 0;
  int64_t errors = 0;
  Json results = Json::array();
  for (const auto& [name, set] : OpenSetsAt(options.path, config)) {
    const int64_t count = CountImagesToCheck(set);
    const std::vector<std::string> lines =
        FindBrokenImages(set, ThreadsFor(options.threads), ImageProgress(set.name, count));
    images += count;
    errors += static_cast<int64_t>(lines.size());
    results.push_back({{"set", name}, {"name", set.name}, {"images", count}, {"broken", lines}});
    if (options.json) continue;
    for (const std::string& text : lines) std::cout << text << "\n";
    std::cout << set.name << ": " << FormatThousands(count) << " images, "
              << (lines.empty() ? "no errors" : "errors: " + FormatThousands(static_cast<int64_t>(lines.size())))
              << std::endl;
  }
  if (options.json) std::cout << JsonText(results, 2) << "\n";
  if (errors == 0) return 0;
  throw DataError("errors found in the " + FormatThousands(images) + " images of " + options.path + ": " +
                  FormatThousands(errors));
}

}  // namespace danas
