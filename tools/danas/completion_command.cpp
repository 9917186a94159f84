#include "completion_command.h"

#include <iostream>
#include <map>
#include <sstream>

#include "command_table.h"

namespace danas {
namespace {

struct Word {
  std::string text;
  std::string help;
};

// What can follow each command: "" for danas itself, "space list" for the verb of a command.
using WordsAfter = std::map<std::string, std::vector<Word>>;

void Collect(const CLI::App& app, const std::string& path, WordsAfter& words) {
  std::vector<Word>& here = words[path];
  for (const CLI::App* command : app.get_subcommands({}))
    here.push_back({command->get_name(), command->get_description()});
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) here.push_back({"--" + name, option->get_description()});
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    Collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), words);
  }
}

WordsAfter CollectWords() {
  CommandLine described;
  CLI::App app;
  DescribeCommandLine(app, CommandsToRead(), described);
  WordsAfter words;
  Collect(app, "", words);
  words["completion"].push_back({"bash", "for bash"});
  words["completion"].push_back({"zsh", "for zsh"});
  return words;
}

// The command typed so far: up to two words before any option.
std::string CommandSoFar(const std::string& array, const std::string& first, const std::string& count) {
  return "  local typed= i\n"
         "  for ((i = " + first + "; i < " + count + "; i++)); do\n"
         "    [[ ${" + array + "[i]} == -* ]] && break\n"
         "    case \"${typed:+$typed }${" + array + "[i]}\" in\n"
         "      %COMMANDS%) typed=\"${typed:+$typed }${" + array + "[i]}\" ;;\n"
         "      *) break ;;\n"
         "    esac\n"
         "  done\n";
}

std::string WithCommands(std::string text, const WordsAfter& words) {
  std::string commands;
  for (const auto& [path, unused] : words) {
    if (!path.empty()) commands += (commands.empty() ? "" : "|") + ("\"" + path + "\"");
  }
  const std::string mark = "%COMMANDS%";
  return text.replace(text.find(mark), mark.size(), commands);
}

std::string BashCompletion(const WordsAfter& words) {
  std::ostringstream out;
  out << "# bash completion for danas: source <(danas completion bash)\n"
         "_danas() {\n"
      << WithCommands(CommandSoFar("COMP_WORDS", "1", "COMP_CWORD"), words) << "  local words=\n  case \"$typed\" in\n";
  for (const auto& [path, list] : words) {
    out << "    \"" << path << "\") words=\"";
    for (const Word& word : list) out << word.text << " ";
    out << "\" ;;\n";
  }
  out << "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _danas danas\n";
  return out.str();
}

// An entry for zsh's _describe: a colon separates word and help.
std::string ZshWord(const Word& word) {
  std::string text = word.text + ":";
  for (const char c : word.help) {
    if (c == '\'') {
      text += "'\\''";
    } else if (c == ':') {
      text += "\\:";
    } else {
      text += c;
    }
  }
  return "'" + text + "'";
}

std::string ZshCompletion(const WordsAfter& words) {
  std::ostringstream out;
  out << "#compdef danas\n"
         "# zsh completion for danas: danas completion zsh >_danas, in a folder of $fpath\n"
         "_danas() {\n"
      << WithCommands(CommandSoFar("words", "2", "CURRENT"), words) << "  local -a list\n  case \"$typed\" in\n";
  for (const auto& [path, following] : words) {
    out << "    \"" << path << "\") list=(";
    for (const Word& word : following) out << ZshWord(word) << " ";
    out << ") ;;\n";
  }
  out << "  esac\n"
         "  _describe danas list || _files\n"
         "}\n"
         "_danas \"$@\"\n";
  return out.str();
}

}  // namespace

void DescribeOptions(CLI::App& app, CompletionOptions& options) {
  app.description("Print a shell completion script");
  app.footer(
      "Examples:\n"
      "  source <(danas completion bash)\n"
      "  danas completion zsh > ~/.zfunc/_danas");
  app.add_option("shell", options.shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
}

int RunCommand(const CompletionOptions& options, const Call&) {
  const WordsAfter words = CollectWords();
  std::cout << (options.shell == "zsh" ? ZshCompletion(words) : BashCompletion(words));
  return 0;
}

}  // namespace danas
