// A dataset's manifest as CSV.
#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  danas::fuzz::ReadManifest("train.csv", danas::fuzz::Text(data, size));
  return 0;
}
