#include "man_command.h"

#include <iostream>
#include <sstream>

#include "command_table.h"
#include "version_info.h"

namespace danas {
namespace {

// Backslashes, hyphens, and dots and quotes at the start of a line are special to man.
std::string Escaped(const std::string& text) {
  std::string escaped;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) escaped += "\\&";
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
    at_start = c == '\n';
  }
  return escaped;
}

void WriteOptions(std::ostream& out, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    out << ".TP\n.B " << Escaped(option->get_name(option->get_positional(), true));
    if (!option->get_option_text().empty() && !option->get_positional()) out << " " << option->get_option_text();
    out << "\n" << Escaped(option->get_description()) << "\n";
  }
}

void WriteCommand(std::ostream& out, const CLI::App& app, const std::string& parents) {
  const std::string name = parents + " " + app.get_name();
  const auto commands = app.get_subcommands({});
  if (commands.empty()) {
    out << ".SS " << Escaped(name) << "\n" << Escaped(app.get_description()) << ".\n";
    WriteOptions(out, app);
    if (!app.get_footer().empty()) out << ".PP\n.nf\n" << Escaped(app.get_footer()) << "\n.fi\n";
  }
  for (const CLI::App* command : commands) WriteCommand(out, *command, name);
}

}  // namespace

void DescribeOptions(CLI::App& app, ManOptions&) {
  app.description("Print the manual page");
  app.footer("Example:\n  danas man > danas.1; man ./danas.1");
}

int RunCommand(const ManOptions&, const Call&) {
  CommandLine described;
  CLI::App app;
  DescribeCommandLine(app, CommandsToRead(), described);
  std::ostringstream out;
  out << ".TH DANAS 1 \"\" \"" << VersionLine() << "\" \"User Commands\"\n"
      << ".SH NAME\ndanas \\- data\\-adapted pruning for efficient neural architecture search\n"
      << ".SH SYNOPSIS\n.B danas\n.I command\n[options]\n"
      << ".SH OPTIONS\n";
  WriteOptions(out, app);
  out << ".SH COMMANDS\n";
  for (const CLI::App* command : app.get_subcommands({})) WriteCommand(out, *command, "danas");
  out << ".SH NOTES\n.nf\n" << Escaped(app.get_footer()) << "\n.fi\n";
  std::cout << out.str();
  return 0;
}

}  // namespace danas
