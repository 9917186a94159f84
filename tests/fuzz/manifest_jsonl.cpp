// A dataset's manifest as lines of JSON.
#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  danas::fuzz::ReadManifest("train.jsonl", danas::fuzz::Text(data, size));
  return 0;
}
