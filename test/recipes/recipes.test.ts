import { existsSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { at, child, entries, has, MACS, onnx, PARAMS, recipe, ROOT, texts, Workplace } from "./recipe.js";

const CONFIG = "models:\n  - source: models/classifier.onnx\n    budgets: { macs: 8K }\n";

/** A project with a config: 8 channels are 7,776 multiply-adds and within it, 16 are not. */
function project(channels = 8): Workplace {
  const place = new Workplace();
  place.write("models/classifier.onnx", onnx(channels));
  place.write("convcost.config.yaml", CONFIG);
  return place;
}

describe("GitLab CI", () => {
  const job = at(recipe(".gitlab-ci.yml"), "budgets");
  const report = String(child(child(child(job, "artifacts"), "reports"), "junit"));

  /** The lines of the script one after the other, as the runner gives them to one shell. */
  function run(place: Workplace) {
    place.run(
      "git init -q -b main ../OWNER && cd ../OWNER && git -c user.name=A -c user.email=a@example.com commit -q --allow-empty -m x && git tag v0.1.0",
    );
    place.command("npm", 'echo "$@" >> "$HOME/npm"');
    const script = Object.values(texts(child(job, "script")))
      .join("\n")
      .replaceAll("/tmp/convcost", join(place.folder, "convcost"));
    return place.run(script, {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `url.file://${place.folder}/OWNER.insteadOf`,
      GIT_CONFIG_VALUE_0: "https://github.com/OWNER/convcost",
    });
  }

  function failures(xml: string): number {
    let found = 0;
    const parser = new SaxesParser();
    parser.on("error", (error) => {
      throw error;
    });
    parser.on("opentag", ({ name }) => {
      if (name === "failure") found++;
    });
    parser.write(xml).close();
    return found;
  }

  it("keeps its report whether it passes or fails", () => {
    expect(child(child(job, "artifacts"), "when")).toBe("always");
    const [good, bad] = [project(8), project(16)];
    expect([run(good).status, failures(good.read(report))]).toEqual([0, 0]);
    expect([run(bad).status, failures(bad.read(report))]).toEqual([1, 1]);
    expect(readFileSync(join(bad.home, "npm"), "utf8")).toMatch(/^ci --prefix \S+\ninstall --global \S+\n$/);
  });
});

describe("pre-commit", () => {
  const hooks = readFileSync(join(ROOT, ".pre-commit-hooks.yaml"), "utf8");
  const hook = texts(at(hooks, 0));

  it("names a hook that this repository has, at this version", () => {
    const repo = at(recipe(".pre-commit-config.yaml"), "repos", 0);
    expect(child(child(child(repo, "hooks"), 0), "id")).toBe(hook["id"]);
    expect(child(repo, "rev")).toBe(`v${String(at(readFileSync(join(ROOT, "package.json"), "utf8"), "version"))}`);
  });

  it("is run at every commit: what a model depends on is not in its name", () => {
    expect([at(hooks, 0, "always_run"), hook["files"], hook["types"]]).toEqual([true, undefined, undefined]);
  });

  it("its entry checks the config, or what its args name", () => {
    expect(at(hooks, 0, "pass_filenames")).toBe(false);
    expect(project(8).run(hook["entry"] ?? "").status).toBe(0);
    expect(project(16).run(hook["entry"] ?? "").status).toBe(1);
    const [, args = ""] = /With `args: \[(.*?)\]` it needs no config/.exec(readFileSync(join(ROOT, "README.md"), "utf8")) ?? [];
    const words = args.split(", ");
    expect(words).toHaveLength(3);
    expect(project(16).run(`${hook["entry"] ?? ""} ${words.join(" ")}`).status).toBe(0);
    expect(project(400_000).run(`${hook["entry"] ?? ""} ${words.join(" ")}`).status).toBe(1);
  });

  // pre-commit itself: the hook as a local one, so that nothing is installed.
  it.skipIf(!has("pre-commit"))("the real pre-commit stops a commit that is over budget", () => {
    for (const [channels, status] of [
      [8, 0],
      [16, 1],
    ] as const) {
      const place = project(channels);
      const local = entries(at(hooks, 0)).map(([key, value]) => `${key}: ${JSON.stringify(key === "language" ? "system" : value)}`);
      place.write(".pre-commit-config.yaml", `repos:\n  - repo: local\n    hooks:\n      - ${local.join("\n        ")}\n`);
      place.run("git init -q . && git add .");
      const ran = place.start("pre-commit", ["run", "--all-files"]);
      expect([ran.status, ran.stdout]).toEqual([status, expect.stringMatching(/^convcost check\.+(?:Passed|Failed)/)]);
    }
  });
});

describe.skipIf(!has("make"))("make", () => {
  it("writes a report of each model, anew where the model is newer, and fails over budget", () => {
    const place = new Workplace();
    place.write("Makefile", recipe("Makefile"));
    place.write("models/a.onnx", onnx(8));
    const second = place.write("models/b.onnx", onnx(9));
    expect(place.run("make budgets")).toMatchObject({ status: 0 });
    expect(JSON.parse(place.read("models/b.cost.json"))).toMatchObject({ totals: { macs: 9 * MACS } });
    expect(place.run("make budgets").stdout).not.toContain("convcost count");
    place.write("models/b.onnx", onnx(400_000));
    utimesSync(second, Date.now() / 1000 + 10, Date.now() / 1000 + 10);
    const over = place.run("make budgets");
    expect(over.status).toBe(2);
    expect(over.stdout).toMatch(/convcost count models\/b\.onnx --json[^]*MACs +310\.00 M +388\.80 M +-25\.5% +FAIL/);
  });

  it("leaves no report of a model that cannot be read", () => {
    const place = new Workplace();
    place.write("Makefile", recipe("Makefile"));
    place.write("models/a.onnx", "nonsense");
    expect(place.run("make budgets").status).toBe(2);
    expect(existsSync(join(place.project, "models/a.cost.json"))).toBe(false);
  });
});

describe.skipIf(!has("jq"))("jq", () => {
  const lines = recipe("jq.sh").trimEnd().split("\n");
  const relu = "relu\trelu\t0";

  it.each([
    [0, `${16 * MACS}\n`],
    [1, `conv\tconv2d\t${16 * MACS}\n${relu}\n`],
    [2, `{"relu":0,"standard":${16 * MACS}}\n`],
    [3, `models/classifier.onnx\t${16 * PARAMS}\t${16 * MACS}\n`],
  ])("line %s", (index, expected) => {
    expect(project(16).run(lines[index] ?? "")).toEqual(expect.objectContaining({ status: 0, stdout: expected, stderr: "" }));
  });

  it("names the models that are not within their budgets, and check's exit code is that of the pipe", () => {
    expect(lines).toHaveLength(5);
    expect(project(16).run(lines[4] ?? "")).toMatchObject({ status: 1, stdout: "models/classifier.onnx\n" });
    expect(project(8).run(lines[4] ?? "")).toMatchObject({ status: 0, stdout: "" });
  });
});
