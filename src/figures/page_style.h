// How the page of a report looks in the light, in the dark and in print, and its script.
#pragma once

#include <string>

namespace danas {

std::string ReportStyle();
std::string ReportScript();

}  // namespace danas
