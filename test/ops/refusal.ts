import { analyze, InputError, parseLayers, type Diagnostic } from "../../src/index.js";

/** The complaint about a spec that must be refused. */
export function refusal(spec: string, input: string): Diagnostic {
  return complaint(() => analyze(parseLayers(spec), { input }), spec);
}

/** The complaint with which something must end. */
export function complaint(run: () => unknown, what = "it"): Diagnostic {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostic;
    throw error;
  }
  throw new Error(`${what} was not refused`);
}
