import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { isWorkerTask, openTask, type Answer } from "./commands/worker-tasks.js";
import type { Io } from "./io.js";

/**
 * Runs this thread as a worker, if it is one: it answers each request of its task, one after the other.
 * @returns whether this is a worker
 */
export function runAsWorker(io: Io): boolean {
  if (isMainThread || parentPort === null) return false;
  const port = parentPort;
  const data: unknown = workerData;
  if (typeof data !== "object" || data === null || !("task" in data) || !isWorkerTask(data.task)) {
    throw new Error("a worker was started without its task");
  }
  const { task } = data;
  let answer: Promise<Answer> | undefined;
  let turn: Promise<void> = Promise.resolve();
  port.on("message", (request: unknown) => {
    turn = turn.then(async () => {
      const answering = await (answer ??= openTask(task, io));
      port.postMessage(await answering(request));
    });
  });
  return true;
}
