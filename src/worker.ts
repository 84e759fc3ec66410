import { parentPort, workerData } from "node:worker_threads";
import { openSweep, type Sweep, type SweepTask } from "./commands/sweep-task.js";

/** Runs this thread as a worker: it answers each range of points with its rows. */
export function runAsWorker(): void {
  if (parentPort === null) throw new Error("this is no worker");
  const port = parentPort;
  const data: unknown = workerData;
  if (!isTask(data)) throw new Error("a worker was started without its task");
  let sweep: Promise<Sweep> | undefined;
  port.on("message", (message: unknown) => {
    if (!isRange(message)) throw new Error("a worker was asked for something that is no range");
    const { start, end } = message;
    void (sweep ??= openSweep(data.task)).then(({ rows }) => {
      port.postMessage([...rows(start, end)]);
    });
  });
}

function isTask(data: unknown): data is { readonly task: SweepTask } {
  return typeof data === "object" && data !== null && "task" in data;
}

function isRange(message: unknown): message is { readonly start: number; readonly end: number } {
  return typeof message === "object" && message !== null && "start" in message && "end" in message;
}
