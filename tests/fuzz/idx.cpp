// IDX files of images and labels. The first byte chooses: 1 for packed images, 2 for packed labels; the next two are
// the size of the images' file, little-endian; then come both files.
#include <algorithm>

#include "danas/data/dataset_index.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  if (size < 3) return 0;
  const std::string_view rest = fuzz::Text(data, size).substr(3);
  const size_t images_size = std::min<size_t>(data[1] + 256U * data[2], rest.size());
  const std::string images = std::string("train-images-idx3-ubyte") + ((data[0] & 1) != 0 ? ".gz" : "");
  const std::string labels = std::string("train-labels-idx1-ubyte") + ((data[0] & 2) != 0 ? ".gz" : "");
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) std::filesystem::remove(entry);
  folder.Write(labels, rest.substr(images_size));
  DataConfig config;
  config.train = folder.Write(images, rest.substr(0, images_size));
  fuzz::Accepts([&] {
    const DatasetIndex index = OpenTrainingSet(config);
    for (const int64_t i : {int64_t{0}, index.size() - 1}) {
      const Image image = index.images->Load(i);
      fuzz::Require(image.rgb.size() == 3 * static_cast<size_t>(image.height) * static_cast<size_t>(image.width),
                    "an image has its size");
    }
  });
  return 0;
}
