import type { AnalyzeOptions } from "../analyze/analyze.js";
import type { Convention } from "../conventions/convention.js";
import { OWN } from "../conventions/names.js";

/** The options of a count as they were written: plain data, which a worker can be handed. */
export interface WrittenOptions extends Omit<AnalyzeOptions, "convention"> {
  readonly convention?: string | undefined;
}

/** Options with the convention that they name. Throws `unknown-convention`. */
export async function withConvention({ convention, ...options }: WrittenOptions): Promise<AnalyzeOptions> {
  return convention === undefined || convention === OWN ? options : { ...options, convention: await conventionOf(convention) };
}

/** A convention by its name; most runs use the program's own, and import no other. Throws `unknown-convention`. */
export async function conventionOf(name: string = OWN): Promise<Convention> {
  return (await import("../conventions/table.js")).conventionNamed(name);
}
