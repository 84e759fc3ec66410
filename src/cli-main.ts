import { isMainThread } from "node:worker_threads";
import { run } from "./cli.js";
import { nodeIo } from "./node-io.js";
import { WORKER } from "./node-worker.js";

/** Runs the command that was typed, or, in a thread that it started, the worker. */
export async function main(): Promise<void> {
  if (process.argv[2] === WORKER && !isMainThread) {
    const { runAsWorker } = await import("./worker.js");
    runAsWorker(nodeIo());
    return;
  }
  const code = await run(process.argv.slice(2), nodeIo());
  // Everything is written by now: leaving is faster than letting Node look for what it still has to do.
  process.exit(code);
}
