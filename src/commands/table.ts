import { count } from "./count.js";
import type { Register } from "./command.js";

/** The one table of commands, in the order of the help. What is run less often is loaded when it is. */
export const commands: ReadonlyMap<string, () => Register | Promise<Register>> = new Map<string, () => Register | Promise<Register>>([
  ["count", () => count],
  ["compare", async () => (await import("./compare.js")).compare],
  ["conventions", async () => (await import("./conventions.js")).conventions],
  ["whatif", async () => (await import("./what-if.js")).whatIf],
  ["sweep", async () => (await import("./sweep.js")).sweep],
  ["check", async () => (await import("./check.js")).check],
  ["diff", async () => (await import("./diff.js")).diff],
  ["batch", async () => (await import("./batch.js")).batch],
  ["zoo", async () => (await import("./zoo.js")).zoo],
  ["code", async () => (await import("./code.js")).code],
  ["completion", async () => (await import("./completion.js")).completion],
]);
