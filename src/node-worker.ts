import { Worker as Thread } from "node:worker_threads";
import type { Worker } from "./io.js";

/** The first argument of a thread that is a worker of this program. */
export const WORKER = "--worker";

/** A thread of this same program, handed a task; it answers each message with one. */
export function startWorker(task: unknown): Worker {
  const script = process.argv[1];
  if (script === undefined) throw new Error("a worker needs the program's own file");
  const thread = new Thread(script, { workerData: { task }, argv: [WORKER] });
  const waiting: { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }[] = [];
  let death: Error | undefined;
  const die = (error: Error) => {
    death ??= error;
    for (const { reject } of waiting.splice(0)) reject(death);
  };
  thread.on("message", (answer: unknown) => waiting.shift()?.resolve(answer));
  thread.on("error", (error) => {
    die(error instanceof Error ? error : new Error(String(error)));
  });
  thread.on("exit", () => {
    die(new Error("a worker has ended"));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (death !== undefined) {
          reject(death);
          return;
        }
        waiting.push({ resolve, reject });
        thread.postMessage(request);
      }),
    stop: async () => {
      await thread.terminate();
    },
  };
}
