import type { Io } from "../io.js";
import type { BatchTask } from "./batch-answer.js";
import type { SweepTask } from "./sweep-task.js";

/** What a worker can be started on, as plain data. */
export type WorkerTask = { readonly kind: "sweep"; readonly task: SweepTask } | { readonly kind: "batch"; readonly task: BatchTask };

/** Answers one request of a task; both are plain data. */
export type Answer = (request: unknown) => Promise<unknown>;

/** Makes a task ready in the thread that is to work on it. */
export async function openTask(task: WorkerTask, io: Io): Promise<Answer> {
  switch (task.kind) {
    case "sweep": {
      const { answerRange } = await import("./sweep-task.js");
      return answerRange(task.task);
    }
    case "batch": {
      const { answerBlock } = await import("./batch-answer.js");
      return answerBlock(task.task, io);
    }
  }
}

/** Whether a worker was handed a task: only this program starts its workers, and with nothing else. */
export function isWorkerTask(data: unknown): data is WorkerTask {
  return typeof data === "object" && data !== null && "kind" in data && "task" in data;
}
