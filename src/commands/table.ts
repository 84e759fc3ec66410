import { count } from "./count.js";
import type { Register } from "./command.js";

/** The one table of commands, in the order of the help. What is run less often is loaded when it is. */
export const commands: ReadonlyMap<string, () => Register | Promise<Register>> = new Map<string, () => Register | Promise<Register>>([
  ["count", () => count],
  ["compare", async () => (await import("./compare.js")).compare],
  ["sweep", async () => (await import("./sweep.js")).sweep],
  ["zoo", async () => (await import("./zoo.js")).zoo],
  ["completion", async () => (await import("./completion.js")).completion],
]);
