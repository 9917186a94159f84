// danas data manifest: a manifest of ImageNet's flat validation folder.
#include <filesystem>
#include <iostream>

#include "danas/core/file.h"
#include "danas/core/units.h"
#include "danas/data/imagenet_devkit.h"
#include "data_options.h"

namespace danas {

int RunCommand(const DataManifestOptions& options, const Call&) {
  const std::filesystem::path kit = std::filesystem::path(options.devkit) / "data";
  const std::filesystem::path out = options.out;
  const DevkitManifest manifest = MakeDevkitManifest(
      {.images = options.images,
       .ground_truth = kit / "ILSVRC2012_validation_ground_truth.txt",
       .synsets = options.synsets.empty() ? kit / "meta.mat" : std::filesystem::path(options.synsets)},
      out.parent_path());
  WriteFileAtomically(out, manifest.csv);
  if (!options.class_names.empty()) WriteFileAtomically(options.class_names, manifest.class_names);
  std::cout << out.string() << ": " << FormatThousands(manifest.images) << " images of "
            << FormatThousands(manifest.classes) << " classes\n";
  return 0;
}

}  // namespace danas
