// The tables of ImageNet's development kit: the ground truth up to the first null byte, then the synsets, as MATLAB's
// file where they begin with its name and as text elsewhere.
#include "danas/data/imagenet_devkit.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  static const bool has_images = [] {
    folder.Write("images/ILSVRC2012_val_00000001.JPEG", "picture");
    folder.Write("images/ILSVRC2012_val_00000002.JPEG", "picture");
    return true;
  }();
  fuzz::Require(has_images, "there are images");
  std::string_view rest = fuzz::Text(data, size);
  const std::filesystem::path truth = folder.Write("truth.txt", fuzz::TakeUpTo(rest, std::string_view("\0", 1)));
  const std::filesystem::path synsets = folder.Write(rest.starts_with("MATLAB") ? "meta.mat" : "synsets.txt", rest);
  const DevkitFiles files{.images = folder.path() / "images", .ground_truth = truth, .synsets = synsets};
  fuzz::Accepts([&] {
    const DevkitManifest manifest = MakeDevkitManifest(files, folder.path());
    fuzz::Require(manifest.images == 2, "a manifest names every image");
  });
  return 0;
}
