import { analyze, InputError, parseLayers, type Diagnostic } from "../../src/index.js";

/** The complaint about a spec that must be refused. */
export function refusal(spec: string, input: string): Diagnostic {
  try {
    analyze(parseLayers(spec), { input });
  } catch (error) {
    if (error instanceof InputError) return error.diagnostic;
    throw error;
  }
  throw new Error(`${spec} was not refused`);
}
