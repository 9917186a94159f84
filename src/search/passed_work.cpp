#include "danas/search/passed_work.h"

#include <string>

namespace danas {
namespace {

Json PartsJson(const PassedWork& passed, double PassedWork::Part::*member) {
  Json json = Json::object();
  double total = 0;
  for (size_t p = 0; p < passed.parts.size(); ++p) {
    json[EnumNames<SearchPart>::kNames[p]] = passed.parts[p].*member;
    total += passed.parts[p].*member;
  }
  json["total"] = total;
  return json;
}

}  // namespace

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

Json MacsJson(const PassedWork& passed) { return PartsJson(passed, &PassedWork::Part::macs); }

Json SecondsJson(const PassedWork& passed) { return PartsJson(passed, &PassedWork::Part::seconds); }

}  // namespace danas
