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
    Words{YAML::ErrorMsg::UNKNOWN_TOKEN, "a text cannot begin with this character; put it in quotes"},
    Words{YAML::ErrorMsg::UNKNOWN_ANCHOR,
          "no anchor of this name stands above; a text that begins with '*' needs quotes"},
    Words{YAML::ErrorMsg::ALIAS_NOT_FOUND, "a name is missing after '*'; a text that begins with it needs quotes"},
    Words{YAML::ErrorMsg::CHAR_IN_ALIAS, "no name of an anchor; a text that begins with '*' needs quotes"},
    Words{YAML::ErrorMsg::ALIAS_CONTENT, "an alias stands alone; take out what stands beside it"},
    Words{YAML::ErrorMsg::ANCHOR_NOT_FOUND, "a name is missing after '&'; a text that begins with it needs quotes"},
    Words{YAML::ErrorMsg::CHAR_IN_ANCHOR, "no name of an anchor; a text that begins with '&' needs quotes"},
    Words{YAML::ErrorMsg::MULTIPLE_ANCHORS, "a value has one anchor at most"},
    Words{YAML::ErrorMsg::MULTIPLE_TAGS, "tags ('!') are not supported; a text that begins with '!' needs quotes"},
    Words{YAML::ErrorMsg::CHAR_IN_TAG_HANDLE, "tags ('!') are not supported; a text that begins with '!' needs quotes"},
    Words{YAML::ErrorMsg::TAG_WITH_NO_SUFFIX, "tags ('!') are not supported; a text that begins with '!' needs quotes"},
    Words{YAML::ErrorMsg::END_OF_VERBATIM_TAG,
          "tags ('!') are not supported; a text that begins with '!' needs quotes"},
    Words{YAML::ErrorMsg::CHAR_IN_BLOCK, "after '|' or '>' the line ends; the text begins in the next one"},
    Words{YAML::ErrorMsg::ZERO_INDENT_IN_BLOCK, "the indentation after '|' or '>' is 1 to 9"},
    Words{YAML::ErrorMsg::YAML_DIRECTIVE_ARGS, "a directive that is none; leave the line out"},
    Words{YAML::ErrorMsg::YAML_MAJOR_VERSION, "a version of YAML that is not known; leave the line out"},
    Words{YAML::ErrorMsg::REPEATED_YAML_DIRECTIVE, "the version of YAML stands here again; leave the line out"},
    Words{YAML::ErrorMsg::TAG_DIRECTIVE_ARGS, "a directive that is none; leave the line out"},
    Words{YAML::ErrorMsg::REPEATED_TAG_DIRECTIVE, "this directive stands here again; leave the line out"},
    Words{YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab in the indentation; YAML takes spaces alone"},
    Words{YAML::ErrorMsg::FLOW_END, "this bracket closes nothing; take it out"},
    Words{YAML::ErrorMsg::END_OF_MAP_FLOW, "a '}' is missing before this"},
    Words{YAML::ErrorMsg::END_OF_SEQ_FLOW, "a ']' is missing before this"},
};

std::string OwnWords(std::string_view message) {
  if (message == kSecondDocument) return "this line fits nowhere; 'key: value' is expected";
  if (message.starts_with(YAML::ErrorMsg::YAML_VERSION)) return "a version of YAML that is none; leave the line out";
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
    return {line, column, "this file is JSON, with something in it that YAML does not take; let its name end in .json"};
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
    return {line, column, "a key of more than 1024 characters, which YAML does not take"};
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
