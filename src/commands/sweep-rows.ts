import type { SweepRow } from "../compare/sweep.js";
import type { Io } from "../io.js";
import type { Sweep, SweepTask } from "./sweep-task.js";
import type { WorkerTask } from "./worker-tasks.js";

/** Points between two looks at the clock and at signals. */
const BREATH = 64;
/** Points that a worker is handed at once, the first time few, so that the first row comes soon. */
const CHUNK = 512;
const FIRST_CHUNK = 16;

/**
 * The rows of the whole grid in its order, some at a time, from this thread or from `jobs` workers; `progress` is told how many points are
 * done. The first comes alone.
 */
export async function* rowsOf(
  task: SweepTask,
  sweep: Sweep,
  total: number,
  jobs: number,
  io: Io,
  progress: (done: number) => void,
): AsyncGenerator<readonly SweepRow[]> {
  const { startWorker } = io;
  if (jobs > 1 && startWorker !== undefined && total > FIRST_CHUNK) {
    yield* parallel(task, total, jobs, startWorker, progress);
    return;
  }
  for (let [start, end] = [0, Math.min(1, total)]; start < total; [start, end] = [end, Math.min(end + BREATH, total)]) {
    yield [...sweep.rows(start, end)];
    progress(end);
    await io.breathe();
  }
}

/** Chunks go to whichever worker is free, two waiting for each; their rows leave in the order of the grid. */
async function* parallel(
  task: SweepTask,
  total: number,
  jobs: number,
  startWorker: NonNullable<Io["startWorker"]>,
  progress: (done: number) => void,
): AsyncGenerator<readonly SweepRow[]> {
  const workers = Array.from({ length: jobs }, () => startWorker({ kind: "sweep", task } satisfies WorkerTask));
  const waiting: { readonly end: number; readonly rows: Promise<readonly SweepRow[]> }[] = [];
  let [next, sent] = [0, 0];
  const send = () => {
    const worker = workers[sent % workers.length];
    if (next >= total || worker === undefined) return;
    const end = Math.min(next + (sent < jobs ? FIRST_CHUNK : CHUNK), total);
    const rows = worker.ask({ start: next, end }).then(asRows);
    // A failure is thrown when its turn comes; until then it is no unhandled one.
    rows.catch(() => undefined);
    waiting.push({ end, rows });
    next = end;
    sent += 1;
  };
  try {
    for (let count = 0; count < 2 * jobs; count++) send();
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
      yield await chunk.rows;
      progress(chunk.end);
      send();
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function asRows(answer: unknown): readonly SweepRow[] {
  if (!isRows(answer)) throw new Error("a worker answered with something that is no rows");
  return answer;
}

function isRows(answer: unknown): answer is readonly SweepRow[] {
  return Array.isArray(answer) && answer.every((row: unknown) => typeof row === "object" && row !== null && "set" in row && "result" in row);
}
