import { existsSync, mkdirSync, readFileSync, symlinkSync, cpSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { at, child, entries, MACS, onnx, recipe, ROOT, texts, Workplace, type Ran } from "./recipe.js";

const VERSION: unknown = at(readFileSync(join(ROOT, "package.json"), "utf8"), "version");
const ACTION = readFileSync(join(ROOT, "action.yml"), "utf8");

/** Runs the steps of the action as GitHub's runner does: inputs stand in the environment of a step, `run` is given to bash. */
function runAction(
  place: Workplace,
  given: Readonly<Record<string, string>>,
  home = ROOT,
): Ran & { readonly outputs: string; readonly summary: string } {
  const inputs = Object.fromEntries(entries(at(ACTION, "inputs")).map(([name, input]) => [name, given[name] ?? texts(input)["default"] ?? ""]));
  expect(Object.keys(given).filter((name) => !Object.hasOwn(inputs, name))).toEqual([]);
  const [output, summary] = [place.write("../output", ""), place.write("../summary", "")];
  const runner = {
    GITHUB_ACTION_PATH: home,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_WORKSPACE: place.project,
    RUNNER_TEMP: place.folder,
  };
  let last: Ran = { status: 0, stdout: "", stderr: "" };
  for (const [, step] of entries(at(ACTION, "runs", "steps"))) {
    const { run = "", shell } = texts(step);
    expect(shell).toBe("bash");
    last = place.run(harmless(run), { ...runner, ...filledAll(child(step, "env"), (name) => inputs[name.replace(/^inputs\./, "")]) });
  }
  return { ...last, outputs: readFileSync(output, "utf8"), summary: readFileSync(summary, "utf8") };
}

/** `${{ … }}` in a script is how texts of strangers come to be executed: there must be none. */
function harmless(script: string): string {
  expect(script).not.toContain("${{");
  return script;
}

function filledAll(env: unknown, valueOf: (name: string) => string | undefined): Readonly<Record<string, string>> {
  const fill = (text: string) =>
    text.replace(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
      const value = valueOf(name);
      if (value === undefined) throw new Error(`there is no ${name}`);
      return value;
    });
  return Object.fromEntries(Object.entries(texts(env)).map(([name, text]) => [name, fill(text)]));
}

describe("the action", () => {
  it("is a composite action whose outputs are those of its steps", () => {
    expect(at(ACTION, "runs", "using")).toBe("composite");
    expect(texts(child(at(ACTION, "outputs"), "status"))["value"]).toBe("${{ steps.check.outputs.status }}");
    expect(at(ACTION, "runs", "steps", 0, "id")).toBe("check");
  });

  it("passes, with the job's summary, outputs and a report", () => {
    const place = new Workplace();
    place.write("models/a b.onnx", onnx(8));
    const { status, outputs, summary, stdout } = runAction(place, {
      models: "models/a b.onnx\n\n  conv 3x3 3->8 @8x8  \n",
      budgets: `macs=${8 * 27 * 64}\nparams=1K`,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^::notice title=convcost check::2 of 2 models within budget$/m);
    expect(summary).toContain("**2 of 2 models within budget**");
    expect(outputs).toMatch(/^status=pass\nreport=(.*)\n$/);
    const report = readFileSync(outputs.replace(/^[^]*report=(.*)\n$/, "$1"), "utf8");
    expect(JSON.parse(report)).toMatchObject({ status: "pass", models: [{ name: "models/a b.onnx", budgets: [{ value: 8 * MACS }, {}] }, {}] });
  });

  it("fails where a budget is exceeded, and says where", () => {
    const place = new Workplace();
    place.write("model.onnx", onnx(8));
    const { status, stdout, outputs } = runAction(place, { models: "model.onnx", budgets: "macs=1K" });
    expect([status, outputs.split("\n")[0]]).toEqual([1, "status=fail"]);
    expect(stdout).toMatch(/^::error file=model\.onnx,title=model\.onnx::MACs: .* exceeds .*most of it in conv$/m);
  });

  it("does not pass what cannot be read, or a request that is wrong", () => {
    const place = new Workplace();
    place.write("bad.onnx", "nonsense");
    const unreadable = runAction(place, { models: "bad.onnx", budgets: "macs=1K" });
    expect([unreadable.status, unreadable.outputs.split("\n")[0]]).toEqual([2, "status=unknown"]);
  });

  it.each([
    [{ args: "--no-such-flag" }, "unknown option '--no-such-flag'"],
    [{ budgets: "macs: 300M" }, "budgets: 'macs: 300M' is no NAME=AMOUNT, as in macs=300M"],
    [{ budgets: "max-macs=300M" }, "budgets: 'max-macs=300M' has a name without max-, as in macs=300M"],
    [{ args: "--format=junit" }, "args: --format=junit cannot be given"],
    [{ args: "-oreport.json" }, "args: -oreport.json cannot be given"],
    [{ args: "--help", budgets: "macs=1M" }, "args: with these nothing is checked"],
    [{ args: "-h", budgets: "macs=1M" }, "args: with these nothing is checked"],
    [{ args: "--version", budgets: "macs=1M" }, "args: with these nothing is checked"],
    [{ args: "--", budgets: "macs=1M" }, "args: with these nothing is checked"],
    [{ budgets: "macs=1K\nmacs=1T" }, "--max-macs is given twice"],
    [{ budgets: "macs=1K", args: "--max-macs=1T" }, "--max-macs is given twice"],
    [{ "max-increase": "macs=1%\nmacs=100%", baseline: "model.onnx" }, "macs is given twice"],
    [{ budgets: "macs=1M", "working-directory": "none" }, "working-directory: there is no folder 'none'"],
    [{ budgets: "macs=1M", "working-directory": "-" }, "working-directory: there is no folder '-'"],
    [{ budgets: "macs=1M", "working-directory": "-P" }, "working-directory: there is no folder '-P'"],
  ])("refuses a request that is wrong, and annotates it: %j", (inputs, message) => {
    const place = new Workplace();
    place.write("model.onnx", onnx(8));
    const wrong = runAction(place, { models: "model.onnx", ...inputs });
    expect([wrong.status, wrong.outputs]).toEqual([2, "status=unknown\nreport=\n"]);
    expect(wrong.stdout).toMatch(/^::error title=convcost check::.*\n$/);
    expect(wrong.stdout).toContain(message);
  });

  it("keeps a report for each use in a job", () => {
    const place = new Workplace();
    place.write("model.onnx", onnx(8));
    const [a, b] = [runAction(place, { models: "model.onnx", budgets: "macs=1K" }), runAction(place, { models: "model.onnx", budgets: "macs=1M" })];
    const reportOf = (ran: { readonly outputs: string }) => ran.outputs.replace(/^[^]*report=(.*)\n$/, "$1");
    expect(JSON.parse(readFileSync(reportOf(a), "utf8"))).toMatchObject({ status: "fail" });
    expect(JSON.parse(readFileSync(reportOf(b), "utf8"))).toMatchObject({ status: "pass" });
  });

  it("reads the config of its folder where no model is given, and names it from the root of the repository", () => {
    const place = new Workplace();
    place.write("ml/model.onnx", onnx(8));
    place.write("ml/convcost.config.yaml", "models:\n  - source: model.onnx\n    budgets: { macs: 1K }\n");
    const { status, stdout } = runAction(place, { "working-directory": "ml" });
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^::error file=ml\/convcost\.config\.yaml,line=3,/)]);
  });

  it("measures increases from a baseline", () => {
    const place = new Workplace();
    place.write("model.onnx", onnx(8));
    place.run("convcost count model.onnx --json -o base.json");
    const held = { models: "model.onnx", baseline: "base.json", "max-increase": "macs=1%, params=0" };
    expect(runAction(place, held).status).toBe(0);
    place.write("model.onnx", onnx(9));
    expect(runAction(place, held).status).toBe(1);
  });

  it.each(["$(touch pwned)", "`touch pwned`", '"; touch pwned; "', "' && touch pwned '", "--output=pwned"])("executes nothing of %s", (text) => {
    const place = new Workplace();
    expect(runAction(place, { models: text, budgets: "macs=1K" }).status).toBe(2);
    expect(runAction(place, { models: "conv 3x3 3->8 @8x8", budgets: `macs=${text}` }).status).toBe(2);
    expect(existsSync(join(place.project, "pwned"))).toBe(false);
  });

  it("builds itself where it is a checkout that is not built", () => {
    const place = new Workplace();
    const home = join(place.folder, "action home");
    mkdirSync(home);
    for (const part of ["action", "bin", "package.json"]) cpSync(join(ROOT, part), join(home, part), { recursive: true });
    symlinkSync(join(ROOT, "dist"), join(place.folder, "built"));
    place.command("npm", `[ "$1 $2" = "ci --prefix" ] && ln -s ${JSON.stringify(join(ROOT, "dist"))} "$3/dist"`);
    expect(runAction(place, { models: "zoo:mobilenet_v2", budgets: "params=3504872" }, home).status).toBe(0);
    expect(existsSync(join(home, "dist"))).toBe(true);
  });
});

describe("the workflow of budgets", () => {
  const workflow = recipe(".github/workflows/budgets.yml");

  it("is one, and uses this version of the action", () => {
    expect(at(workflow, "jobs", "budgets", "runs-on")).toBe("ubuntu-latest");
    expect(texts(at(workflow, "jobs", "budgets", "steps", 0))["uses"]).toMatch(/^actions\/checkout@v\d+$/);
    expect(at(workflow, "jobs", "budgets", "steps", 1, "uses")).toBe(`OWNER/convcost@v${String(VERSION)}`);
  });

  it("holds models against them", () => {
    const place = new Workplace();
    place.write("models/classifier.onnx", onnx(8));
    const given = texts(at(workflow, "jobs", "budgets", "steps", 1, "with"));
    expect(runAction(place, given).status).toBe(0);
    // 27 parameters a channel: over 4 million.
    place.write("models/classifier.onnx", onnx(150_000));
    const { status, summary } = runAction(place, given);
    expect([status, summary]).toEqual([1, expect.stringContaining("models/classifier.onnx: FAIL")]);
  });
});

describe("the workflow of a change's cost", () => {
  const steps = at(recipe(".github/workflows/cost-of-change.yml"), "jobs", "diff", "steps");

  it("comments what a pull request changes, and later changes its comment", () => {
    const place = new Workplace();
    // The repository of the pull request, and where convcost lives, each with what the workflow asks of it.
    const git = "git -c user.name=A -c user.email=a@example.com";
    place.write("models/classifier.onnx", onnx(8));
    place.run(
      `git init -q -b main . && git add models && ${git} commit -qm before && git clone -q --bare . ../origin && git remote add origin "file://$PWD/../origin"`,
    );
    const base = place.run("git rev-parse HEAD").stdout.trim();
    place.write("models/classifier.onnx", onnx(16));
    place.run(`git init -q -b main ../OWNER && cd ../OWNER && ${git} commit -q --allow-empty -m x && git tag v${String(VERSION)}`);
    place.command("npm", 'echo "$@" >> "$HOME/npm"');
    // `gh pr comment --edit-last` fails where there is no comment yet.
    place.command(
      "gh",
      'case "$*" in *--edit-last) [ -e "$HOME/comment" ] || exit 1 ;; esac\n[ "$1 $2 $3 $4" = "pr comment 7 --body-file" ] && cp "$5" "$HOME/comment"',
    );
    const event: Readonly<Record<string, string>> = {
      "github.token": "secret",
      "github.event.pull_request.base.sha": base,
      "github.event.pull_request.number": "7",
    };
    const run = () => {
      for (const [, step] of entries(steps).slice(1)) {
        const env = {
          ...filledAll(child(step, "env"), (name) => event[name]),
          RUNNER_TEMP: `${place.folder}/temp${String(Math.random())}`,
          GIT_CONFIG_COUNT: "2",
          GIT_CONFIG_KEY_1: "advice.detachedHead",
          GIT_CONFIG_VALUE_1: "false",
          GIT_CONFIG_KEY_0: `url.file://${place.folder}/OWNER.insteadOf`,
          GIT_CONFIG_VALUE_0: "https://github.com/OWNER/convcost",
        };
        const { status, stderr } = place.run(harmless(texts(step)["run"] ?? ""), env);
        expect([status, stderr]).toEqual([0, ""]);
      }
      return readFileSync(join(place.home, "comment"), "utf8");
    };
    const first = run();
    expect(first).toMatch(/^- before: \*\*before\.onnx\*\*\n- after: \*\*models\/classifier\.onnx\*\*\n/);
    expect(first).toMatch(/^\| \*\*MACs\*\* \| \*\*7,776\*\* \| \*\*15,552\*\* \| \*\*\+7,776\*\* \| \*\*\+100\.00\*\* \|$/m);
    expect(readFileSync(join(place.home, "npm"), "utf8")).toMatch(/^ci --prefix \S+\/convcost\ninstall --global \S+\/convcost\n$/);
    place.write("models/classifier.onnx", onnx(24));
    expect(run()).toMatch(/\+200\.00/);
  });
});
