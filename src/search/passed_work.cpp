#include "danas/search/passed_work.h"

#include <string>

namespace danas {

void PassedWork::Add(SearchPart part, double macs, double seconds) {
  Part& so_far = parts.at(static_cast<size_t>(part));
  so_far.macs += macs;
  so_far.seconds += seconds;
}

void Describe(StateFields& fields, PassedWork& passed) {
  auto& [parts, from_begin] = passed;
  for (size_t p = 0; p < parts.size(); ++p) {
    fields.Within(EnumNames<SearchPart>::kNames[p], [&](StateFields& f) {
      auto& [macs, seconds] = parts[p];
      f.Value("macs", macs);
      f.Value("seconds", seconds);
    });
  }
  fields.Value("from_begin", from_begin);
}

events::WorkParts PartsOf(const PassedWork& passed, double PassedWork::Part::*member) {
  const auto part = [&](SearchPart of) { return passed.parts.at(static_cast<size_t>(of)).*member; };
  events::WorkParts parts{.weights = part(SearchPart::kWeights),
                          .architecture = part(SearchPart::kArchitecture),
                          .scoring = part(SearchPart::kScoring),
                          .finalists = part(SearchPart::kFinalists),
                          .total = 0};
  for (const PassedWork::Part& each : passed.parts) parts.total += each.*member;
  return parts;
}

}  // namespace danas
