// What a measurement of latencies leaves beside its table.
#include "danas/cost/latency_samples.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  LatencySamples samples;
  if (!fuzz::Accepts([&] { samples = ParseSamples(fuzz::Text(data, size), "t.part"); })) return 0;
  const LatencyTable table = TableOf(samples);
  QualityOf(samples, table);
  fuzz::Require(table.entries.size() == samples.blocks.size(), "every key has an entry");
  fuzz::Require(SamplesText(ParseSamples(SamplesText(samples), "again")) == SamplesText(samples),
                "equal when read again");
  return 0;
}
