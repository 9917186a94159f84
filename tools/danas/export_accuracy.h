// How often exported ONNX models are right, beside the network that they were made of, on images of its test set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/config/config.h"
#include "danas/core/bootstrap.h"
#include "danas/export/onnx_runtime.h"
#include "danas/nn/supernet.h"

namespace danas {

struct ModelAccuracy {
  std::string name;  // "danas", or the file's
  Estimate top1;     // Wilson's interval
  Estimate
      against_first;  // of the models: the difference, with the interval of paired shares by Agresti and Min (2005)
};

struct ExportAccuracy {
  int64_t images = 0;
  std::vector<ModelAccuracy> models;  // danas, then the files in their order
};

// Of `images` images of the config's test set, as many of each class as can be, chosen by its seed and prepared as in
// testing. `network` is on the CPU, and that of `genotype`, which the file `arch` holds. Throws DataError where there
// is no such test set or its classes are others, PeerError as OnnxRuntime does.
ExportAccuracy MeasureAccuracy(Supernet& network, const Genotype& genotype, const std::string& arch,
                               const Config& config, int64_t images, OnnxRuntime& runtime,
                               const std::vector<std::filesystem::path>& models);

// A table, and a line that says what it was measured by.
std::string AccuracyText(const ExportAccuracy& accuracy, const std::string& runtime);

// Of n things, `lost` became wrong and `won` became right: the difference of the shares that are right.
Estimate PairedDifference(int64_t lost, int64_t won, int64_t count);

}  // namespace danas
