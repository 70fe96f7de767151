#include "app/commands/completion.h"

#include "app/command_line.h"

namespace interconnect {
namespace {

// "bash|zsh" -> "bash zsh"
std::string words_of(std::string_view alternatives) {
  std::string words(alternatives);
  for (char& c : words) {
    if (c == '|') c = ' ';
  }
  return words;
}

std::string bash_script() {
  std::string names;
  std::string cases;
  for (const CommandName& command : commands()) {
    names += (names.empty() ? "" : " ") + std::string(command.name);
    if (command.arguments.empty()) continue;
    cases += "    " + std::string(command.name) + ") words='" + words_of(command.arguments) + "' ;;\n";
  }
  std::string flags;
  std::string file_flags;
  for (const OptionName& option : options()) {
    flags += (flags.empty() ? "--" : " --") + std::string(option.name);
    if (!option.argument.empty()) file_flags += (file_flags.empty() ? "--" : " | --") + std::string(option.name);
  }
  return "# bash completion of interconnect: source <(interconnect completion bash)\n"
         "_interconnect() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words='" +
         names +
         "'\n"
         "  case $previous in\n"
         "    " +
         file_flags + ") mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n" + cases +
         "  esac\n"
         "  case $current in\n"
         "    -*) words='" +
         flags +
         "' ;;\n"
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -o filenames -F _interconnect interconnect\n";
}

// In a zsh specification, `:` and `[` part things.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']') out += '\\';
    if (c == '\'') out += "'\\'";
    out += c;
  }
  return out;
}

std::string zsh_script() {
  std::string script =
      "#compdef interconnect\n"
      "# zsh completion of interconnect: source <(interconnect completion zsh)\n"
      "_interconnect() {\n"
      "  local -a names=(\n";
  std::string cases;
  for (const CommandName& command : commands()) {
    script += "    '" + std::string(command.name) + ":" + escaped(command.help) + "'\n";
    if (command.arguments.empty()) continue;
    cases += "      " + std::string(command.name) + ") compadd " + words_of(command.arguments) + " ;;\n";
  }
  script += "  )\n  local curcontext=$curcontext state line\n  local -A opt_args\n  _arguments -C \\\n";
  for (const OptionName& option : options()) {
    script += "    '--" + std::string(option.name) + "[" + escaped(option.help) + "]";
    if (!option.argument.empty()) script += ":" + std::string(option.argument) + ":_files";
    script += "' \\\n";
  }
  return script +
         "    '1:command:->command' '2:argument:->argument'\n"
         "  case $state in\n"
         "    command) _describe command names ;;\n"
         "    argument) case ${line[1]} in\n" +
         cases +
         "    esac ;;\n"
         "  esac\n"
         "}\n"
         "# From $fpath it is run as the function, else it is read.\n"
         "if [ \"${funcstack[1]}\" = _interconnect ]; then\n"
         "  _interconnect \"$@\"\n"
         "else\n"
         "  compdef _interconnect interconnect\n"
         "fi\n";
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  return std::nullopt;
}

}  // namespace interconnect
