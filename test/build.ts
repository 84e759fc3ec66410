import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds the command once, so that the tests of the real one run what the source says. */
export default function setup(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/build.mjs", import.meta.url))], { stdio: "inherit" });
}
