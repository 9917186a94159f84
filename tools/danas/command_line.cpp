#include "command_line.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iostream>

#include "danas/core/error.h"
#include "danas/core/units.h"
#include "version_info.h"

namespace danas {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 success, 1 internal error, 2 command line, 3 config, space or network file, 4 data,\n"
    "  5 file or folder, 6 weights or checkpoint, 7 device or memory, 8 non-finite loss,\n"
    "  9 another process of the run failed, 130 interrupted (Ctrl-C), 141 output pipe closed.\n"
    "NO_COLOR=1 turns colours off. For help on a command: danas COMMAND --help";

// "space list" below "space".
CLI::App& AddCommand(CLI::App& app, const std::string& words) {
  const size_t blank = words.find(' ');
  if (blank == std::string::npos) return *app.add_subcommand(words);
  return *app.get_subcommand(words.substr(0, blank))->add_subcommand(words.substr(blank + 1));
}

const CLI::App& CommandTyped(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

// The first unexpected word, with the nearest known one. There is one: root.remaining_size(true) > 0.
std::string UnexpectedWord(const CLI::App& root, const std::vector<std::string>& words) {
  const std::vector<std::string> unexpected = root.remaining(true);
  const auto is_unexpected = [&](const std::string& word) {
    return std::find(unexpected.begin(), unexpected.end(), word) != unexpected.end();
  };
  const auto first = std::find_if(words.begin(), words.end(), is_unexpected);
  std::string word = first == words.end() ? unexpected.front() : *first;  // of "-qz" only the z may be unexpected
  word = word.substr(0, word.find('='));
  const CLI::App& app = CommandTyped(root);
  const bool is_option = word.starts_with("-");
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  if (!is_option) names.clear();
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  const std::string nearest = NearestName(word, names);
  return (is_option ? "unknown option '" : "unexpected argument '") + word + "'" +
         (nearest.empty() ? "" : " (did you mean " + nearest + "?)");
}

std::string CommandPath(const CLI::App& root) {
  std::string path = "danas";
  for (const CLI::App* app = &root; !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    path += " " + app->get_name();
  }
  return path;
}

[[noreturn]] void ThrowUsageError(const CLI::App& root, const std::string& what) {
  throw UsageError(what + ". See " + CommandPath(root) + " --help");
}

// A wrong word is an error even beside --help; otherwise a script that probes for a command would always find it.
void RejectUnexpectedWords(const CLI::App& root, const std::vector<std::string>& words) {
  if (root.remaining_size(true) > 0) ThrowUsageError(root, UnexpectedWord(root, words));
}

}  // namespace

void AddVerbosity(CLI::App& app, Call& call) {
  app.add_flag("-q,--quiet", call.quiet, "print only warnings, errors and results");
  app.add_flag("-v,--verbose", call.verbose, "print debug messages too");
}

void DescribeCommandLine(CLI::App& app, const std::vector<DescribedCommand>& commands, CommandLine& line) {
  app.name("danas");
  app.description("danas: data-adapted pruning for efficient neural architecture search (DA-NAS, ECCV 2020)");
  app.footer(std::string("For a first search, from a bare clone to a trained network: scripts/quickstart\n") +
             kExitCodes);
  app.get_formatter()->column_width(28);
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", VersionLine(), "print the version");
  for (const DescribedCommand& command : commands) command.describe(AddCommand(app, command.words), line);
}

CommandLine ParseCommandLine(int argc, const char* const* argv, const std::vector<DescribedCommand>& commands) {
  CommandLine line;
  CLI::App app;
  DescribeCommandLine(app, commands, line);
  // "danas help search" is "danas search --help".
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  }
  for (const std::string& word : words) line.call.words += word + "\n";
  std::vector<std::string> from_the_back(words.rbegin(), words.rend());
  try {
    app.parse(from_the_back);
  } catch (const CLI::CallForHelp&) {
    RejectUnexpectedWords(app, words);
    std::cout << app.help();
    return {};
  } catch (const CLI::CallForVersion&) {
    RejectUnexpectedWords(app, words);
    std::cout << VersionLine() << "\n";
    return {};
  } catch (const CLI::ParseError& error) {
    RejectUnexpectedWords(app, words);
    ThrowUsageError(app, error.what());
  }
  if (!line.run) {
    std::cerr << app.help();
    line.missing = true;
  }
  return line;
}

}  // namespace danas
