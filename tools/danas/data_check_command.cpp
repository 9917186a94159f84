// danas data check: reads a dataset once and lists the images that are broken.
#include <iostream>

#include "commands.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/units.h"
#include "danas/data/check_images.h"
#include "image_progress.h"
#include "inputs.h"

namespace danas {

int RunDataCheck(const CommandLine& line) {
  DataConfig config = ReadConfig(line.config).data;
  config.on_error = OnBadImage::kSkip;  // bad images are told when their turn comes, all of them
  int64_t images = 0;
  int64_t errors = 0;
  Json results = Json::array();
  for (const auto& [name, set] : OpenSetsAt(line.in, config)) {
    const std::vector<std::string> lines =
        FindBrokenImages(set, ThreadsFor(line.threads), ImageProgress(set.name, set.size()));
    images += set.size();
    errors += static_cast<int64_t>(lines.size());
    results.push_back({{"set", name}, {"name", set.name}, {"images", set.size()}, {"broken", lines}});
    if (line.json) continue;
    for (const std::string& text : lines) std::cout << text << "\n";
    std::cout << set.name << ": " << FormatThousands(set.size()) << " images, "
              << (lines.empty() ? "all are whole" : "errors: " + FormatThousands(static_cast<int64_t>(lines.size())))
              << std::endl;
  }
  if (line.json) std::cout << JsonText(results, 2) << "\n";
  if (errors == 0) return 0;
  throw DataError("errors in the " + FormatThousands(images) + " images of " + line.in + ": " +
                  FormatThousands(errors));
}

}  // namespace danas
