import { Argument, type Command } from "commander";
import type { Register } from "./command.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
/** Flags whose value is a file. */
const FILES: ReadonlySet<string | undefined> = new Set(["--output", "--baseline", "--config"]);

const HELP = `
Examples:
  bash  convcost completion bash > ~/.local/share/bash-completion/completions/convcost
  zsh   convcost completion zsh > "\${fpath[1]}/_convcost"
  fish  convcost completion fish > ~/.config/fish/completions/convcost.fish`;

/** `convcost completion SHELL`: a script made from the program's own commands and flags, so that it cannot fall behind. */
export const completion: Register = (program, { io }) => {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .description("print a completion script for a shell")
    .addHelpText("after", HELP)
    .action((shell: string) => {
      io.stdout.write(scriptFor(shell, program));
    });
};

interface Flag {
  readonly names: readonly string[];
  readonly description: string;
  readonly choices: readonly string[];
  /** Takes a value, and the value is a file. */
  readonly takes: "nothing" | "value" | "file";
}

interface Described {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly words: readonly string[];
}

function scriptFor(shell: string, program: Command): string {
  const commands = program.commands.map(describe);
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      return zsh(commands);
    case "fish":
      return fish(commands);
    default:
      throw new Error("commander let an unknown shell through");
  }
}

function describe(command: Command): Described {
  const flags = command.options.map((option): Flag => ({
    names: [option.short, option.long].flatMap((name) => (typeof name === "string" ? [name] : [])),
    description: option.description,
    choices: option.argChoices ?? [],
    takes: !option.required ? "nothing" : FILES.has(option.long) ? "file" : "value",
  }));
  const help: Flag = { names: ["-h", "--help"], description: "display help for command", choices: [], takes: "nothing" };
  const words = [...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []), ...command.commands.map((sub) => sub.name())];
  return { name: command.name(), description: command.description(), flags: [...flags, help], words };
}

function bash(commands: readonly Described[]): string {
  const flagCases = commands.map(
    ({ name, flags, words }) => `    ${name}) words="${[...flags.flatMap((flag) => flag.names), ...words].join(" ")}" ;;`,
  );
  const choices = distinct(commands, (flag) => flag.choices.length > 0).map(
    (flag) => `    ${flag.names.join("|")}) COMPREPLY=($(compgen -W "${flag.choices.join(" ")}" -- "$current")); return ;;`,
  );
  const files = distinct(commands, (flag) => flag.takes === "file").flatMap((flag) => flag.names);
  return `# bash completion for convcost
_convcost() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "$previous" in
${choices.join("\n")}
    ${files.join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} help --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${flagCases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "\${words//--* /}" -- "$current") $(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _convcost convcost
`;
}

/** Flags of one sort, one entry a flag over all commands: where two commands have one of the same name, what either takes. */
function distinct(commands: readonly Described[], wanted: (flag: Flag) => boolean): readonly Flag[] {
  const byName = new Map<string, Flag>();
  for (const flag of commands.flatMap((command) => command.flags).filter(wanted)) {
    const known = byName.get(flag.names.join());
    byName.set(flag.names.join(), known === undefined ? flag : { ...flag, choices: [...new Set([...known.choices, ...flag.choices])] });
  }
  return [...byName.values()];
}

function zsh(commands: readonly Described[]): string {
  const quoted = (text: string) => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
  const action = (flag: Flag) => {
    if (flag.takes === "nothing") return "";
    if (flag.choices.length > 0) return `:value:(${flag.choices.join(" ")})`;
    return flag.takes === "file" ? ":file:_files" : ":value:";
  };
  const cases = commands.map(({ name, flags, words }) => {
    const lines = flags.flatMap((flag) => flag.names.map((spelling) => `        '${spelling}[${quoted(flag.description)}]${action(flag)}'`));
    const rest = words.length > 0 ? `'1:value:(${words.join(" ")})'` : "'*:spec:_files'";
    return `      ${name})\n        _arguments \\\n${lines.join(" \\\n")} \\\n        ${rest} ;;`;
  });
  return `#compdef convcost
_convcost() {
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    '${name}:${quoted(description)}'`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_convcost" ]; then _convcost "$@"; else compdef _convcost convcost; fi
`;
}

function fish(commands: readonly Described[]): string {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const names = commands.map(({ name }) => name).join(" ");
  const subcommands = commands.map(
    ({ name, description }) => `complete -c convcost -f -n "not __fish_seen_subcommand_from ${names}" -a ${name} -d ${quoted(description)}`,
  );
  const flags = commands.flatMap(({ name, flags: list, words }) => {
    const seen = `complete -c convcost -n "__fish_seen_subcommand_from ${name}"`;
    const lines = list.map((flag) => {
      const spelling = flag.names.map((option) => (option.startsWith("--") ? `-l ${option.slice(2)}` : `-s ${option.slice(1)}`)).join(" ");
      const value =
        flag.takes === "nothing"
          ? ""
          : flag.takes === "file"
            ? " -r -F"
            : flag.choices.length > 0
              ? ` -x -a ${quoted(flag.choices.join(" "))}`
              : " -x";
      return `${seen} ${spelling}${value} -d ${quoted(flag.description)}`;
    });
    return words.length > 0 ? [...lines, `${seen} -f -a ${quoted(words.join(" "))}`] : lines;
  });
  return `# fish completion for convcost\n${[...subcommands, ...flags].join("\n")}\n`;
}
