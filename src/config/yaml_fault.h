// What is wrong with a text that is meant to be YAML, in danas's own words. yaml-cpp stops somewhere behind most
// mistakes and names what it wanted next; this looks for the line that misled it.
#pragma once

#include <string>
#include <string_view>

#include "danas/core/text_fault.h"

namespace danas {

// Messages as below, of danas's own reader.
inline constexpr const char* kSecondDocument = "a second document";
inline constexpr const char* kKeyIsNoText = "a key must be text, not a list or map";

// The fault of a text that was refused. `line` and `column` are where yaml-cpp stood, from 1. `message` is one of
// YAML::ErrorMsg, which chooses among danas's words and is never shown, or of the two above.
TextFault FindYamlFault(std::string_view text, int line, int column, std::string_view message);

// "; a space is missing after the colon: 'lr: 3'" for a text such as "lr:3", which is meant to be a key and its value;
// else "".
std::string MissingSpace(std::string_view text);

}  // namespace danas
