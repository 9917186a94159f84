// CIFAR's binary files. The first byte chooses: 1 for CIFAR-100, 2 for a file of class names, which is the text before
// the first null byte that follows.
#include "danas/data/dataset_index.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  if (size == 0) return 0;
  const bool hundred = (data[0] & 1) != 0, named = (data[0] & 2) != 0;
  std::string_view rest = fuzz::Text(data, size).substr(1);
  const std::string names = hundred ? "fine_label_names.txt" : "batches.meta.txt";
  std::filesystem::remove(folder.path() / names);
  if (named) folder.Write(names, fuzz::TakeUpTo(rest, std::string_view("\0", 1)));
  DataConfig config;
  config.train = folder.Write(hundred ? "train.bin" : "data_batch_1.bin", rest);
  fuzz::Accepts([&] {
    const DatasetIndex index = OpenTrainingSet(config);
    fuzz::Require(index.size() > 0, "a set has images");
    const Image image = index.images->Load(index.size() - 1);
    fuzz::Require(image.rgb.size() == 32 * 32 * 3, "an image has 32 x 32 pixels");
  });
  return 0;
}
