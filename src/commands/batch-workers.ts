import type { Io, Worker } from "../io.js";
import type { Line } from "../read/batch/lines.js";
import { bugRecord, type Answered, type BatchTask, type Block } from "./batch-answer.js";
import type { WorkerTask } from "./worker-tasks.js";

/** Lines that go to a worker at once: few, so that answers come soon and all workers have some. */
const BLOCK = 16;
/** Blocks in flight for each worker. */
const AHEAD = 2;

type Start = NonNullable<Io["startWorker"]>;

/** Hands blocks of lines to workers in turn; their answers leave in the order of the lines, each as soon as it may. */
export class BatchWorkers {
  private readonly members: readonly Member[];
  private readonly inFlight: Promise<void>[] = [];
  private last: Promise<void> = Promise.resolve();
  private sent = 0;

  constructor(
    task: BatchTask,
    private readonly jobs: number,
    start: Start,
    private readonly write: (answered: Answered) => void,
  ) {
    const open = () => start({ kind: "batch", task } satisfies WorkerTask);
    this.members = Array.from({ length: jobs }, () => new Member(open));
  }

  /** Takes lines on; waits where as many are in flight as may be. */
  async add(lines: readonly Line[], file: string | undefined): Promise<void> {
    const size = Math.min(BLOCK, Math.ceil(lines.length / this.jobs));
    for (let start = 0; start < lines.length; start += size) {
      if (this.inFlight.length >= AHEAD * this.jobs) await this.inFlight.shift();
      this.send({ file, lines: lines.slice(start, start + size) });
    }
  }

  async end(): Promise<void> {
    await this.last;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }

  private send(block: Block): void {
    const member = this.members[this.sent % this.members.length];
    if (member === undefined) throw new Error("there are no workers");
    this.sent += 1;
    const before = this.last;
    this.last = Promise.all([member.ask(block), before]).then(([answered]) => {
      this.write(answered);
    });
    // What fails is thrown where it is awaited.
    this.last.catch(() => undefined);
    this.inFlight.push(this.last);
  }
}

/** One worker, and another one in its place when it dies: of memory that a line needed, which then is told of that line alone. */
class Member {
  private worker: Worker;
  private stopped = false;

  constructor(private readonly open: () => Worker) {
    this.worker = open();
  }

  async ask(block: Block): Promise<Answered> {
    const { worker } = this;
    try {
      return asAnswered(await worker.ask(block));
    } catch (error) {
      // Who is told to stop dies as well, and has no successor.
      if (this.stopped) throw error;
      if (this.worker === worker) this.worker = this.open();
      const answers: Answered[] = [];
      for (const line of block.lines) answers.push(await this.alone(line, block.file));
      return { text: answers.map(({ text }) => text).join(""), failed: answers.filter(({ failed }) => failed > 0).length };
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.worker.stop();
  }

  private async alone(line: Line, file: string | undefined): Promise<Answered> {
    const worker = this.open();
    try {
      return asAnswered(await worker.ask({ file, lines: [line] } satisfies Block));
    } catch (error) {
      return bugRecord(line, file, error);
    } finally {
      await worker.stop();
    }
  }
}

function asAnswered(answer: unknown): Answered {
  if (!isAnswered(answer)) throw new Error("a worker answered with something that is no answer");
  return answer;
}

function isAnswered(answer: unknown): answer is Answered {
  return typeof answer === "object" && answer !== null && "text" in answer && "failed" in answer;
}
