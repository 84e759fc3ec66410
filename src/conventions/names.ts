/** The program's own convention. */
export const OWN = "convcost";

/** Names of the conventions, the program's own first. */
export const CONVENTION_NAMES = [
  OWN,
  "paper",
  "thop",
  "ptflops",
  "ptflops-modules",
  "ptflops-aten",
  "fvcore",
  "torchinfo",
  "torchinfo-1.8.0",
  "calflops",
  "onnx-tool",
  "torch",
  "keras",
] as const;

export type ConventionName = (typeof CONVENTION_NAMES)[number];
