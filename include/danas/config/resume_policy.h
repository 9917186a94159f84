// What a process that resumes a run, or forks it, may change of its config: read from the keys' own descriptions.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "danas/config/describe.h"

namespace danas {

// Of all fields that `describe` visits, by dotted key. A field or section that says nothing has what the section around
// it says, outermost kForkMay; kAsSection is in none.
std::map<std::string, OnResume> ResumePolicies(const std::function<void(ConfigVisitor&)>& describe);

// Of a key of Config, such as "data.workers". Throws std::out_of_range for any other.
OnResume ResumePolicy(const std::string& key);

}  // namespace danas
