import type { Case, Claim } from "./case.js";
import { Failure } from "./oracle.js";

/** Twice as much takes so many times as long, at most. */
const MOST = 2.6;
/** For a file or a line of a megabyte. */
const MAX_SECONDS = 1;
/** What is faster than this is not measured: noise would be more. */
const LEAST = 0.1;
const ATTEMPTS = 3;
const FAR = 4;

/** Measures a case and one of twice its size, in seconds of CPU: about twice the time, and never more than a second. */
export async function checkGrowth(
  made: Case,
  { twice, what }: Extract<Claim, { kind: "grows" }>,
  run: (made: Case) => Promise<unknown>,
): Promise<void> {
  let [once, double] = [Infinity, Infinity];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    once = Math.min(once, await measured(made, run));
    double = Math.min(double, await measured(twice, run));
    // What is far too slow is not slow by chance.
    if (double > FAR * MAX_SECONDS) break;
    if (double < LEAST || (double < MAX_SECONDS && double < MOST * once)) return;
  }
  throw new Failure(`${what}: ${once.toFixed(2)} s, and ${double.toFixed(2)} s for twice as many`);
}

async function measured(made: Case, run: (made: Case) => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await run(made);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
