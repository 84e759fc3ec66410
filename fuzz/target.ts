import type { Case } from "./case.js";
import type { Random } from "./random.js";

/** One reader, and how cases for it are made. */
export interface Target {
  readonly name: string;
  /** Names of the formats, or titles of --list-formats, that it tries. */
  readonly covers: readonly string[];
  readonly make: (random: Random) => Case;
  /** One in so many of the cases of others, where they are slow by right. */
  readonly share?: number;
  /** Memory that its cases have at most. */
  readonly megabytes?: number;
  /** Seconds of CPU that a case has, where that is not 1: loops are worked out up to a limit of nodes. */
  readonly seconds?: number;
  /** Seconds after which a case hangs, where they are measured several times. */
  readonly hangs?: number;
}
