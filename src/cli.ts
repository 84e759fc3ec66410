import { Chalk, type ChalkInstance } from "chalk";
import { Command, CommanderError } from "commander";
import { collect, type CheckCode, type Context, type Register } from "./commands/command.js";
import { commands } from "./commands/table.js";
import { fail, InputError, tooManyFiles } from "./graph/diagnostic.js";
import { UnwritableOutput, type Io, type OutputStream } from "./io.js";
import { renderDiagnostic } from "./report/diagnostic.js";
import { harmless } from "./report/grid.js";
import { version } from "./version.js";

const HELP = `
Examples:
  convcost count "nn.Conv2d(3, 3, 3, padding=1, groups=3)" --input 1x3x32x32
  convcost compare "conv 3x3 512->512 @14x14"
  convcost count zoo:mobilenet_v2
  convcost sweep zoo:mobilenet_v1 --set alpha=0.25,0.5,0.75,1 --set resolution=128..224:32
  convcost code "sep 3x3 64->128" --framework pytorch
  convcost check model.onnx --max-macs 300M --max-params 3.5M
  convcost diff before.onnx after.onnx
  convcost count --help        the notations of layers, and more examples

Exit codes: 0 fine, 1 a check failed, 2 the request or the input was wrong, 70 a bug of convcost.`;

const VERSION_FLAGS = ["-V", "--version"];

/** Fine, a check failed, wrong input, our bug (EX_SOFTWARE of sysexits.h). */
export type ExitCode = 0 | 1 | 2 | 70;

/**
 * Runs the program on arguments (without `node` and the script) and returns its exit code. The one place where an error becomes text.
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: CheckCode = 0;
  const context: Context = {
    io,
    version,
    get chalk() {
      return chalkFor(io.stdout, io);
    },
    exitWith: (wanted) => {
      if (wanted > code) code = wanted;
      io.willExit?.(code);
    },
  };
  const program = programFor(context, await registersOf(argv));
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return report(error, io);
  }
}

/** The command that is run; all where that is not one of them, or needs to know the others; none for the version. */
async function registersOf([name = ""]: readonly string[]): Promise<readonly Register[]> {
  if (VERSION_FLAGS.includes(name)) return [];
  const only = name === "completion" ? undefined : commands.get(name);
  return Promise.all((only === undefined ? [...commands.values()] : [only]).map(async (load) => load()));
}

function programFor(context: Context, registers: readonly Register[]): Command {
  const { io } = context;
  const program = new Command("convcost");
  program
    .description("What a neural-network layer or model costs: parameters, multiply-adds, FLOPs, shapes, memory.")
    .version(version, VERSION_FLAGS.join(", "))
    .configureHelp({
      get helpWidth() {
        return Math.min(io.stdout.columns ?? 80, 110);
      },
    })
    .configureOutput({
      writeOut: (text) => {
        io.stdout.write(text);
      },
      writeErr: (text) => {
        io.stderr.write(text);
      },
      outputError: (text, write) => {
        // What was typed stands in the message as it is: of the lines only commander's own suggestion is one.
        const lines = text.trimEnd().split(/\n(?=\(Did you mean )/);
        write(`${lines.map(harmless).join("\n")}\n`.replace(/^error: /, `${chalkFor(io.stderr, io).red("error")}: `));
      },
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("hint: convcost --help, or convcost COMMAND --help")
    .addHelpText("after", HELP);
  for (const register of registers) register(program, context);
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
    refuseTwice(command);
  }
  return program;
}

/** Of a flag that is given twice one value would be dropped in silence; a config refuses it, too. */
function refuseTwice(command: Command): void {
  for (const option of command.options) {
    if (!option.required || option.parseArg === collect) continue;
    let times = 0;
    command.on(`option:${option.name()}`, () => {
      const flag = `--${option.name()}`;
      if (++times > 1) fail("contradicting-flags", `${flag} is given twice`, { place: { kind: "flag", flag } });
    });
  }
}

function report(error: unknown, io: Io): ExitCode {
  const chalk = chalkFor(io.stderr, io);
  if (error instanceof InputError) {
    io.stderr.write(renderDiagnostic(error.diagnostic, chalk));
    return 2;
  }
  if (error instanceof UnwritableOutput) {
    io.stderr.write(renderDiagnostic({ code: "unwritable-output", message: error.message }, chalk));
    return 2;
  }
  const files = tooManyFiles(error);
  if (files !== undefined) {
    io.stderr.write(renderDiagnostic(files, chalk));
    return 2;
  }
  // commander has printed its message; help and version that were asked for are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  io.stderr.write(
    `${chalk.red("bug")}: convcost failed where it should not: ${harmless(error instanceof Error ? error.message : String(error))}\nPlease report it with the command you ran.\n`,
  );
  return 70;
}

/** Colour on a terminal alone; NO_COLOR (no-color.org) and FORCE_COLOR (force-color.org) are honoured, the former first. */
function chalkFor(stream: OutputStream, { env }: Io): ChalkInstance {
  const forced = env["FORCE_COLOR"];
  const no = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  const colour = !no && (forced === undefined || forced === "" ? stream.isTerminal && env["TERM"] !== "dumb" : forced !== "0" && forced !== "false");
  return new Chalk({ level: colour ? 1 : 0 });
}
