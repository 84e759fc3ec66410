import { own } from "../../../graph/own.js";
import { CHANNELS_LAST_PORTS, CONTRIB_PORTS } from "../contrib-ports.js";
import type { Rule } from "../operand.js";
import { checked, type PortTable } from "../port-check.js";
import { PORTS } from "../ports.js";
import { attentionRules, previewRules } from "./attention.js";
import { classicRules } from "./classic.js";
import { contractions } from "./contraction.js";
import { contribRules } from "./contrib.js";
import { controlRules } from "./control.js";
import { einsumRules } from "./einsum.js";
import { elementwiseRules } from "./elementwise.js";
import { indexingRules } from "./indexing.js";
import { loop } from "./loop.js";
import { movingRules } from "./moving.js";
import { channelsLastRules, quantiserRules } from "./qonnx.js";
import { quantizedRules } from "./quantized.js";
import { recurrentRules } from "./recurrent.js";
import { reducingRules } from "./reducing.js";
import { sequenceRules } from "./sequence.js";
import { signalRules } from "./signal.js";
import { spatialRules } from "./spatial.js";
import { textRules } from "./text.js";
import { trainingRules } from "./training.js";
import { valueRules } from "./values.js";

type Rules = Readonly<Record<string, Rule>>;

const STANDARD: Rules = {
  ...contractions,
  ...elementwiseRules,
  ...movingRules,
  ...indexingRules,
  ...valueRules,
  ...reducingRules,
  ...recurrentRules,
  ...attentionRules,
  ...quantizedRules,
  ...spatialRules,
  ...signalRules,
  ...einsumRules,
  ...textRules,
  ...controlRules,
  Loop: loop,
  ...sequenceRules,
};

/** The one table of ONNX's operators, by domain and name. */
const DOMAINS: Readonly<Record<string, Rules>> = {
  "": STANDARD,
  "ai.onnx": STANDARD,
  "ai.onnx.ml": classicRules,
  "ai.onnx.preview": previewRules,
  "ai.onnx.preview.training": trainingRules,
  "com.microsoft": contribRules(STANDARD),
  "onnx.brevitas": quantiserRules,
  "qonnx.custom_op.general": quantiserRules,
  "finn.custom_op.general": quantiserRules,
  "qonnx.custom_op.channels_last": channelsLastRules,
};

/** What the inputs of operators must be, where weights or scales are among them. */
const DOMAIN_PORTS: Readonly<Record<string, PortTable>> = {
  "": PORTS,
  "ai.onnx": PORTS,
  "com.microsoft": CONTRIB_PORTS,
  "qonnx.custom_op.channels_last": CHANNELS_LAST_PORTS,
};

/** The rule of an operator, if there is one. */
export function ruleOf(domain: string, op: string): Rule | undefined {
  const rules = own(DOMAINS, domain);
  const rule = rules && own(rules, op);
  const ports = own(DOMAIN_PORTS, domain);
  return rule && checked(rule, ports && own(ports, op));
}
