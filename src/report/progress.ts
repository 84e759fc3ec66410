import type { Io } from "../io.js";
import { grouped } from "./numbers.js";

export interface Progress {
  /** Tells how many points are done. */
  readonly at: (done: number) => void;
  /** Takes the bar away. */
  readonly end: () => void;
}

const WIDTH = 24;
const INTERVAL = 100;

/** A bar on standard error, where that is a terminal and rows do not show on the same one. */
export function progressBar(io: Io, total: number, wanted: boolean): Progress {
  if (!wanted || !io.stderr.isTerminal) return { at: () => undefined, end: () => undefined };
  const started = io.now();
  let last = started;
  let drawn = false;
  return {
    at: (done) => {
      const now = io.now();
      if (now - last < INTERVAL) return;
      last = now;
      drawn = true;
      const share = done / total;
      const filled = Math.round(share * WIDTH);
      const rate = done / Math.max((now - started) / 1000, 0.001);
      const left = Math.ceil((total - done) / Math.max(rate, 0.001));
      const bar = "#".repeat(filled) + ".".repeat(WIDTH - filled);
      io.stderr.write(
        `\r\u001b[K[${bar}] ${Math.floor(share * 100)}%  ${grouped(BigInt(done))} of ${grouped(BigInt(total))}  ${grouped(BigInt(Math.round(rate)))}/s  ${left} s left`,
      );
    },
    end: () => {
      if (drawn) io.stderr.write("\r\u001b[K");
    },
  };
}
