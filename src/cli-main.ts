import { isMainThread } from "node:worker_threads";
import { run } from "./cli.js";
import { nodeIo } from "./node-io.js";
import { WORKER } from "./node-worker.js";

export { run };

/** The exit code, once everything is written; nothing for a worker, which is stopped by who started it. */
export function main(): Promise<number> | undefined {
  if (process.argv[2] !== WORKER || isMainThread) return run(process.argv.slice(2), nodeIo());
  void import("./worker.js").then(({ runAsWorker }) => {
    runAsWorker(nodeIo());
  });
  return undefined;
}
