import { parentPort, workerData } from "node:worker_threads";
import { isWorkerTask, openTask, type Answer } from "./commands/worker-tasks.js";
import type { Io } from "./io.js";

/** Runs this thread as a worker: it answers each request of its task, one after the other. */
export function runAsWorker(io: Io): void {
  if (parentPort === null) throw new Error("this is no worker");
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
}
