import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zooFamilies } from "../../src/zoo/zoo.js";
import { input, model, node, output, weight } from "../read/onnx-model.js";
import { convcost as handedIn } from "./run.js";

// The real command, as a process of its own: what the tests on handed-in streams cannot see.
const BIN = fileURLToPath(new URL("../../bin/convcost.js", import.meta.url));
const convcost = (args: readonly string[], input = "") =>
  spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", input, maxBuffer: 1 << 26 });

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "convcost-test-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("the command as a process", () => {
  it.each([
    [["count", "-"], /^error: standard input: this is a folder\n/],
    [["batch"], /^error: standard input cannot be read \(EISDIR\)\n/],
  ])("%s: a folder as standard input is no empty one", (args, says) => {
    const descriptor = openSync(folder, "r");
    try {
      const { status, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", stdio: [descriptor, "pipe", "pipe"] });
      expect(status).toBe(2);
      expect(stderr).toMatch(says);
    } finally {
      closeSync(descriptor);
    }
  });

  it("counts", () => {
    const { status, stdout, stderr } = convcost(["count", "conv 3x3 3->8 @8x8", "--json"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ totals: { macs: 8 * 8 * 8 * 27 } });
  });

  it("reads standard input", () => {
    expect(JSON.parse(convcost(["count", "-", "--json"], "conv 3x3 3->8 @8x8\nrelu\n").stdout)).toMatchObject({ totals: { layers: 2 } });
  });

  it("reads a file, and tells a folder and a missing file", () => {
    const path = join(folder, "layers.txt");
    writeFileSync(path, "conv 3x3 3->8 @8x8\n");
    expect(convcost(["count", path]).status).toBe(0);
    expect(convcost(["count", folder])).toMatchObject({ status: 2, stdout: "" });
    expect(convcost(["count", join(folder, "none.txt")])).toMatchObject({ status: 2, stdout: "" });
  });

  it("writes through a link, which stays one", () => {
    const [target, link] = [join(folder, "target.json"), join(folder, "link.json")];
    writeFileSync(target, "old");
    symlinkSync(target, link);
    expect(convcost(["count", "conv 3x3 3->8 @8x8", "--json", "-o", link]).status).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(target, "utf8"))).toMatchObject({ totals: { macs: 8 * 8 * 8 * 27 } });
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("writes a file that is there with its mode and all its names, and through a link to one that is not", () => {
    const write = (path: string) => convcost(["count", "conv 3x3 3->8 @8x8", "--json", "-o", path]);
    const [secret, other, link, fresh] = ["secret.json", "other.json", "dangling.json", "new.json"].map((name) => join(folder, name));
    if (secret === undefined || other === undefined || link === undefined || fresh === undefined) throw new Error("no names");
    writeFileSync(secret, "old", { mode: 0o600 });
    expect(write(secret).status).toBe(0);
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    linkSync(secret, other);
    writeFileSync(secret, "old");
    expect(write(other).status).toBe(0);
    expect([statSync(secret).nlink, statSync(secret).mode & 0o777]).toEqual([2, 0o600]);
    symlinkSync("new.json", link);
    expect(write(link).status).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    for (const path of [secret, other, fresh]) expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ totals: { layers: 1 } });
    const loop = join(folder, "loop.json");
    symlinkSync("loop.json", loop);
    const { status, stderr } = write(loop);
    expect([status, stderr]).toEqual([2, expect.stringContaining("this file cannot be written (ELOOP)")]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  // Only root can make a file that is somebody else's.
  it.runIf(process.getuid?.() === 0)("a file keeps its owner where -o replaces it", () => {
    const path = join(folder, "theirs");
    writeFileSync(path, "old");
    chownSync(path, 12345, 23456);
    expect([convcost(["count", "relu", "--input", "3x8x8", "-o", path]).status, statSync(path).uid, statSync(path).gid]).toEqual([0, 12345, 23456]);
  });

  it("closes the models that it has read, and says that too many are open", () => {
    const paths = Array.from({ length: 40 }, (_, index) => join(folder, `model${index}.onnx`));
    const bytes = model([input("x", [1, 3, 8, 8]), weight("w", [8, 3, 3, 3]), node("Conv", ["x", "w"], ["y"]), output("y")]);
    for (const path of paths) writeFileSync(path, bytes);
    const limited = (...args: readonly string[]) =>
      spawnSync("sh", ["-c", 'ulimit -n 36; exec "$@"', "sh", process.execPath, BIN, ...args], { encoding: "utf8" });
    expect(limited("check", ...paths, "--max-macs", "1M")).toMatchObject({ status: 0, stderr: "" });
    const { status, stderr } = limited("compare", ...paths);
    expect([status, stderr]).toEqual([2, expect.stringContaining("too many files are open (EMFILE)")]);
  });

  it("says so where no file can be opened at all, whatever it was going to open", () => {
    const bare = join(folder, "bare.js");
    writeFileSync(bare, "");
    const limited = (files: number, script: string, ...args: readonly string[]) =>
      spawnSync("sh", ["-c", `ulimit -n ${files} && exec "$@"`, "sh", process.execPath, script, ...args], {
        encoding: "utf8",
        input: '{"spec": "relu"}\n',
      });
    const layers = join(folder, "layers.txt");
    writeFileSync(layers, "conv 3x3 3->8 @8x8\n");
    const onnx = join(folder, "relu.onnx");
    writeFileSync(onnx, model([input("x", [1, 3]), node("Relu", ["x"], ["y"]), output("y")]));
    const commands = [
      ["count", layers],
      ["count", onnx],
      ["compare", "zoo:ds_cnn", "zoo:ds_cnn"],
      ["batch", "--jobs", "2"],
      ["check", onnx, "--max-macs", "1"],
    ];
    for (let files = 17; files <= 24; files++) {
      // Under that Node itself does not read a script.
      if (limited(files, bare).status !== 0) continue;
      for (const argv of commands) {
        const { status, stderr } = limited(files, BIN, ...argv);
        expect([0, 2], `${argv.join(" ")} with ${files}: ${stderr}`).toContain(status);
        expect(stderr).not.toMatch(/^bug|\n\s+at /);
        if (status === 2) expect(stderr).toContain("too many files are open");
      }
    }
  });

  it("reads layers and models from pipes, which have no length and can be read once", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const [layers, whole] = [join(folder, "layers.txt"), join(folder, "model.onnx")];
    writeFileSync(layers, "conv 3x3 3->8 @8x8\n");
    const weights = [weight("w", [8, 3, 3, 3])];
    writeFileSync(whole, model([input("x", [1, 3, 8, 8]), ...weights, node("Conv", ["x", "w"], ["y"]), output("y")]));
    for (const [file, macs] of [
      [layers, 8 * 8 * 8 * 27],
      [whole, 6 * 6 * 8 * 27],
    ] as const) {
      const text = execFileSync("sh", ["-c", `cat '${file}' > '${pipe}' & '${process.execPath}' '${BIN}' count '${pipe}' --json`], {
        encoding: "utf8",
      });
      expect(JSON.parse(text)).toMatchObject({ totals: { macs } });
    }
  });

  it("counts the zoo from the trees of the build as from its files, which the tests on handed-in streams parse", async () => {
    const names = zooFamilies().flatMap(({ name, variants }) => [name, ...variants]);
    const lines = names.map((name) => `${JSON.stringify({ id: name, source: `zoo:${name}` })}\n`).join("");
    const { stdout } = await handedIn(["batch", "-", "--layers"], { stdin: lines });
    expect(stdout.split("\n").length).toBe(names.length + 1);
    expect(convcost(["batch", "-", "--layers"], lines).stdout).toBe(stdout);
    // A place in a file that nobody has parsed.
    const wrong = ["count", "zoo:unet", "--set", "depth=-1"];
    const complaint = await handedIn(wrong);
    expect([complaint.code, convcost(wrong).stderr]).toEqual([2, complaint.stderr]);
  });

  it("a device without end is refused, and the lines after it are answered", () => {
    const { status, stdout } = convcost(["batch", "--input", "1x3x8x8"], '{"source": "/dev/zero"}\n"relu"\n');
    expect([status, stdout.split("\n").map((line) => /"message": "([^"]*)"|"ok": true/.exec(line)?.[1])]).toEqual([
      0,
      ["this is larger than 256 MiB", undefined, undefined],
    ]);
    expect(stdout.split("\n")[1]).toContain('"ok": true');
  });

  it("ends quietly when its reader goes away", async () => {
    // Larger than any pipe's buffer: 20,000 rows.
    const child = spawn(process.execPath, [BIN, "count", "20000*(relu)", "--input", "1x4", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("a failed check has failed, whoever reads its output, and however much of it", () => {
    const check = ["check", "conv 3x3 3->8 @8x8", "--max-macs", "13823"];
    expect([convcost(check).status, convcost([...check.slice(0, -1), "13824"]).status]).toEqual([1, 0]);
    const code = join(folder, "code");
    const quoted = [process.execPath, BIN, ...check].map((word) => `'${word}'`).join(" ");
    execFileSync("sh", ["-c", `{ ${quoted}; echo $? > '${code}'; } | true`]);
    expect(readFileSync(code, "utf8")).toBe("1\n");
  });

  it("appends to the summary of a job", () => {
    const summary = join(folder, "summary.md");
    writeFileSync(summary, "before\n");
    const env = { ...process.env, GITHUB_STEP_SUMMARY: summary };
    spawnSync(process.execPath, [BIN, "check", "conv 3x3 3->8 @8x8", "--max-macs", "1M", "--format", "github"], { env });
    expect(readFileSync(summary, "utf8")).toMatch(/^before\n## convcost check\n/);
  });

  it("prints everything into a pipe that is read slowly", () => {
    const output = execFileSync("sh", ["-c", `"${process.execPath}" "${BIN}" count "20000*(relu)" --input 1x4 --json | (sleep 0.3; cat)`], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    expect(JSON.parse(output)).toMatchObject({ totals: { layers: 20_000 } });
  });

  it("-o leaves the old file as it was when it cannot write, and nothing beside it", () => {
    const inner = mkdtempSync(join(folder, "out-"));
    const path = join(inner, "result.json");
    writeFileSync(path, "old");
    expect(convcost(["count", "nonsuch", "-o", path]).status).toBe(2);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(convcost(["count", "relu", "--input", "4", "--json", "-o", path]).status).toBe(0);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ schema: "convcost/analysis@1" });
    expect(convcost(["count", "relu", "--input", "4", "-o", join(inner, "none", "x")])).toMatchObject({ status: 2, stdout: "" });
    expect(convcost(["count", "relu", "--input", "4", "-o", inner])).toMatchObject({ status: 2, stdout: "" });
    expect(readdirSync(inner)).toEqual(["result.json"]);
  });

  it("-o /dev/stdout writes where it says", () => {
    const output = execFileSync("sh", ["-c", `"${process.execPath}" "${BIN}" count relu --input 4 --json -o /dev/stdout | cat`], {
      encoding: "utf8",
    });
    expect(JSON.parse(output)).toMatchObject({ totals: { layers: 1 } });
  });
});

describe("completion scripts are read by their shells", () => {
  const has = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;
  it.skipIf(!has("bash"))("bash completes commands, flags and values", () => {
    const script = `${convcost(["completion", "bash"]).stdout}
      complete_at() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _convcost; echo "\${COMPREPLY[@]}"; }
      complete_at convcost com; complete_at convcost compare --exp; complete_at convcost count --layout n; complete_at convcost completion f`;
    const lines = execFileSync("bash", ["-c", script], { encoding: "utf8", cwd: folder }).trim().split("\n");
    expect(lines).toEqual(["compare completion", "--expand --explain", "nchw nhwc", "fish"]);
  });
  it.skipIf(!has("zsh"))("zsh parses its script", () => {
    expect(spawnSync("zsh", ["-n"], { input: convcost(["completion", "zsh"]).stdout, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });
  it.skipIf(!has("fish"))("fish parses its script", () => {
    expect(spawnSync("fish", ["--no-execute"], { input: convcost(["completion", "fish"]).stdout, encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});
