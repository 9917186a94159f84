// ImageNet's validation images are in one flat folder; the development kit (ILSVRC2012_devkit_t12) lists their classes.
// From both, the manifest that data.test can name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace danas {

struct DevkitFiles {
  std::filesystem::path images;        // folder with ILSVRC2012_val_00000001.JPEG ...
  std::filesystem::path ground_truth;  // data/ILSVRC2012_validation_ground_truth.txt: an ILSVRC2012_ID a line
  std::filesystem::path synsets;       // data/meta.mat, or a text file whose line n opens with the WordNet id of ID n
};

struct DevkitManifest {
  std::string csv;          // "path,label", a line an image; paths relative to the manifest's folder
  std::string class_names;  // "n01440764 tench, Tinca tinca", a line a class: for data.class_names; empty without texts
  int64_t images = 0;
  int64_t classes = 0;
};

// `manifest_folder` is where the manifest will be. Throws DataError: a file is missing or damaged, the number of
// images differs from the number of lines, or an ID has no class.
DevkitManifest MakeDevkitManifest(const DevkitFiles& files, const std::filesystem::path& manifest_folder);

}  // namespace danas
