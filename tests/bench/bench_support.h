// What the timing programs share: options in pairs, and a JSON line for each measure.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "danas/arch/spec.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/statistics.h"
#include "danas/run/memory.h"

namespace danas {

inline int64_t ParseNumber(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    throw UsageError("'" + text + "' is not a number");
  }
  return number;
}

inline Size ParseSize(const std::string& text) {
  const size_t cross = text.find('x');
  if (cross == std::string::npos) throw UsageError("'" + text + "' is no size such as 32x32");
  return {static_cast<int>(ParseNumber(text.substr(0, cross))), static_cast<int>(ParseNumber(text.substr(cross + 1)))};
}

using Setter = std::function<void(const std::string& value)>;

inline Setter SetNumber(int64_t& number) {
  return [&number](const std::string& value) { number = ParseNumber(value); };
}

// Words "--option value --option value".
inline void ParseOptions(const std::vector<std::string>& words, const std::map<std::string, Setter>& options) {
  for (size_t i = 0; i < words.size(); i += 2) {
    const auto option = options.find(words[i]);
    if (option == options.end()) {
      throw UsageError("unknown option " + words[i] + "; the head of the program lists them");
    }
    if (i + 1 == words.size()) throw UsageError(words[i] + " needs a value");
    option->second(words[i + 1]);
  }
}

// Runs the step `warmup` times and then `steps` times. Prints `about` with its milliseconds and the largest memory over
// `base_bytes` meanwhile. `step` returns seconds.
inline void PrintMeasure(Json about, int64_t images, int64_t warmup, int64_t steps, double base_bytes,
                         const std::function<double()>& step) {
  constexpr double kMebibyte = 1 << 20;
  ResetPeakBytes(at::kCPU);
  std::vector<double> milliseconds;
  for (int64_t i = 0; i < warmup + steps; ++i) {
    const double seconds = step();
    if (i >= warmup) milliseconds.push_back(1000 * seconds);
  }
  const double median = Median(milliseconds);
  const auto peak_bytes = static_cast<double>(PeakResidentBytes());
  about["ms"] = milliseconds;
  about["min_ms"] = *std::ranges::min_element(milliseconds);
  about["median_ms"] = median;
  about["images_per_s"] = 1000 * static_cast<double>(images) / median;
  about["peak_rss_mib"] = peak_bytes / kMebibyte;
  about["base_rss_mib"] = base_bytes / kMebibyte;
  about["growth_mib"] = (peak_bytes - base_bytes) / kMebibyte;
  std::cout << about.dump() << std::endl;
}

}  // namespace danas
