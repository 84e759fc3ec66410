import type { Wrong } from "./case.js";
export const CODES: readonly Wrong[] = [];
