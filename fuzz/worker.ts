import { readFileSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { TARGETS } from "./targets.js";
import { checkGrowth } from "./growth.js";
import { caseOf, tryCase } from "./try.js";

// Runs the cases of one reader from one number to another, and prints a line of JSON for each that fails. It writes the number of the
// case that runs into a file, so that the one who started it knows which it was when it hangs or dies.

/** For a case that is not large by itself. */
const MAX_SECONDS = 1;
const MAX_KIB = 1024 * 1024;

const [name, seed, from, to, progress, schemas] = process.argv.slice(2);
const target = TARGETS.find((each) => each.name === name);
if (target === undefined || progress === undefined || schemas === undefined) throw new Error("fuzz/main.ts starts this");

const schemaFolder: string = schemas;
const validators = new Map<string, ValidateFunction>();

/** The schema that a document names: `convcost/analysis@1` is analysis.json. */
function validatorOf(named: string): ValidateFunction {
  const known = validators.get(named);
  if (known !== undefined) return known;
  const read: unknown = JSON.parse(readFileSync(join(schemaFolder, `${named}.json`), "utf8"));
  if (typeof read !== "object" || read === null) throw new Error(`${named} is no schema`);
  const made = new Ajv2020({ allErrors: false }).compile(read);
  validators.set(named, made);
  return made;
}

function valid(data: unknown): string | undefined {
  const named = typeof data === "object" && data !== null && "schema" in data ? String(data.schema) : "";
  const [, file] = /^convcost\/(\w+)@1$/.exec(named) ?? [];
  if (file === undefined) return `it names no schema: ${named}`;
  const validate = validatorOf(file);
  return validate(data) ? undefined : JSON.stringify(validate.errors?.[0]);
}

const descriptor = openSync(progress, "r+");
const say = (line: object) => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};
const seconds = () => process.cpuUsage().user / 1e6;

const most = target.seconds ?? MAX_SECONDS;
let read = 0;
for (let index = Number(from); index < Number(to); index++) {
  writeSync(descriptor, String(index).padEnd(16), 0);
  try {
    const made = caseOf(target, Number(seed), index);
    let start = seconds();
    const { ended, extra } = await tryCase(made, index, valid);
    if (ended === "read") read += 1;
    if (made.claim?.kind === "grows") await checkGrowth(made, made.claim, (other) => tryCase(other, index, valid));
    else if (seconds() - start > most + extra) {
      // Once more: what was slow for the compiler's or the collector's sake is fast now.
      start = seconds();
      await tryCase(made, index, valid);
      if (seconds() - start > most + extra) say({ index, problem: `took ${(seconds() - start).toFixed(1)} s` });
    }
  } catch (error) {
    say({ index, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  if (process.resourceUsage().maxRSS > MAX_KIB) {
    say({ index, problem: "more than 1 GiB of memory" });
    process.exit(3);
  }
}
say({ read });
