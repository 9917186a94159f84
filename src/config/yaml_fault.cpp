#include "yaml_fault.h"

#include <yaml-cpp/exceptions.h>

#include <algorithm>
#include <array>

#include "yaml_lines.h"

namespace danas {
namespace {

// Where yaml-cpp's place is the right one.
struct Words {
  std::string_view message;
  const char* ours;
};
const std::array kWords = {
    Words{YAML::ErrorMsg::UNKNOWN_TOKEN, "text cannot begin with this character; put it in quotes"},
    Words{YAML::ErrorMsg::UNKNOWN_ANCHOR,
          "no anchor of this name is defined above; text that begins with '*' needs quotes"},
    Words{YAML::ErrorMsg::ALIAS_NOT_FOUND, "a name is missing after '*'; text that begins with '*' needs quotes"},
    Words{YAML::ErrorMsg::CHAR_IN_ALIAS, "not a valid anchor name; text that begins with '*' needs quotes"},
    Words{YAML::ErrorMsg::ALIAS_CONTENT, "an alias must stand alone; leave out what is beside it"},
    Words{YAML::ErrorMsg::ANCHOR_NOT_FOUND, "a name is missing after '&'; text that begins with '&' needs quotes"},
    Words{YAML::ErrorMsg::CHAR_IN_ANCHOR, "not a valid anchor name; text that begins with '&' needs quotes"},
    Words{YAML::ErrorMsg::MULTIPLE_ANCHORS, "a value can have only one anchor"},
    Words{YAML::ErrorMsg::MULTIPLE_TAGS, "tags ('!') are not supported; text that begins with '!' needs quotes"},
    Words{YAML::ErrorMsg::CHAR_IN_TAG_HANDLE, "tags ('!') are not supported; text that begins with '!' needs quotes"},
    Words{YAML::ErrorMsg::TAG_WITH_NO_SUFFIX, "tags ('!') are not supported; text that begins with '!' needs quotes"},
    Words{YAML::ErrorMsg::END_OF_VERBATIM_TAG, "tags ('!') are not supported; text that begins with '!' needs quotes"},
    Words{YAML::ErrorMsg::CHAR_IN_BLOCK, "the line must end after '|' or '>'; the text begins on the next one"},
    Words{YAML::ErrorMsg::ZERO_INDENT_IN_BLOCK, "the indentation after '|' or '>' must be 1 to 9"},
    Words{YAML::ErrorMsg::YAML_DIRECTIVE_ARGS, "not a valid directive; leave the line out"},
    Words{YAML::ErrorMsg::YAML_MAJOR_VERSION, "unknown YAML version; leave the line out"},
    Words{YAML::ErrorMsg::REPEATED_YAML_DIRECTIVE, "the YAML version is given twice; leave this line out"},
    Words{YAML::ErrorMsg::TAG_DIRECTIVE_ARGS, "not a valid directive; leave the line out"},
    Words{YAML::ErrorMsg::REPEATED_TAG_DIRECTIVE, "this directive is given twice; leave this line out"},
    Words{YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab in the indentation; YAML allows only spaces"},
    Words{YAML::ErrorMsg::FLOW_END, "this bracket closes nothing; leave it out"},
    Words{YAML::ErrorMsg::END_OF_MAP_FLOW, "a '}' is missing before this"},
    Words{YAML::ErrorMsg::END_OF_SEQ_FLOW, "a ']' is missing before this"},
};

std::string OwnWords(std::string_view message) {
  if (message == kSecondDocument) return "this line fits nowhere; expected 'key: value'";
  if (message.starts_with(YAML::ErrorMsg::YAML_VERSION)) return "not a YAML version; leave the line out";
  const auto found = std::ranges::find(kWords, message, &Words::message);
  return found != kWords.end() ? found->ours : "the text cannot be read as YAML from here on";
}

// A JSON file by another name: YAML takes nearly all of them.
bool IsJson(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[') && !FindJsonFault(text);
}

}  // namespace

TextFault FindYamlFault(std::string_view text, int line, int column, std::string_view message) {
  if (IsJson(text)) {
    return {line, column, "this is JSON that contains something YAML does not allow; rename the file to end in .json"};
  }
  // An open bracket makes a key of what follows, and the place is that of the key.
  const bool of_key = message == kKeyIsNoText;
  const int64_t last_line = of_key ? INT64_MAX : line;
  if (auto fault = FindMisleadingLine(text, last_line); fault && fault->line <= last_line) return *std::move(fault);
  if (of_key) return {line, column, std::string(message)};
  // yaml-cpp reads an end mark of its own after the text.
  const TextFault end = FaultAt(text, text.find_last_not_of(" \t\r\n") + 1, "");
  if (line > end.line) return {end.line, end.column, OwnWords(message)};
  constexpr int kLongestKey = 1024;
  if (message == YAML::ErrorMsg::MAP_VALUE && column > kLongestKey) {
    return {line, column, "a key of more than 1024 characters, which YAML does not allow"};
  }
  return {line, column, OwnWords(message)};
}

std::string MissingSpace(std::string_view text) {
  constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-$";
  const size_t colon = text.find_first_not_of(kWord);
  if (colon == std::string_view::npos || colon == 0 || text[colon] != ':' || colon + 1 == text.size()) return "";
  const char next = text[colon + 1];
  if (next == ' ' || next == '/' || next == ':' || next == '\\') return "";  // "https://", "C:\\"
  std::string_view value = text.substr(colon + 1);
  value = value.substr(0, std::min<size_t>(value.find(' '), 20));
  return "; a space is missing after the colon: '" + std::string(text.substr(0, colon)) + ": " + std::string(value) +
         "'";
}

}  // namespace danas
