import type { Case, Claim } from "./case.js";
import { Failure, type Outcome } from "./oracle.js";

/** Twice as much takes so many times as long, at most. */
const MOST = 2.6;
/** Seconds for a file or a line of a megabyte, besides what its layers may take; more where other programs share the machine. */
const MAX_SECONDS = 1;
const SHARED = 3;
/** What is faster than this is not measured: noise would be more. */
const LEAST = 0.1;
const ATTEMPTS = 3;

/** Measures a case and one of twice its size, in seconds of CPU: about twice the time, and no more than its layers take. */
export async function checkGrowth(
  made: Case,
  { twice, what }: Extract<Claim, { kind: "grows" }>,
  run: (made: Case) => Promise<Outcome>,
): Promise<void> {
  let [once, double] = [Infinity, Infinity];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    once = Math.min(once, (await measured(made, run)).seconds);
    const { seconds, extra } = await measured(twice, run);
    double = Math.min(double, seconds);
    if (double < LEAST || (double < SHARED * (MAX_SECONDS + extra) && double < MOST * once)) return;
  }
  throw new Failure(`${what}: ${once.toFixed(2)} s, and ${double.toFixed(2)} s for twice as many`);
}

async function measured(made: Case, run: (made: Case) => Promise<Outcome>): Promise<{ readonly seconds: number; readonly extra: number }> {
  const start = process.cpuUsage();
  const { extra } = await run(made);
  const { user, system } = process.cpuUsage(start);
  return { seconds: (user + system) / 1e6, extra };
}
