import { strToU8 } from "fflate";
import type { Case } from "../case.js";
import type { Random } from "../random.js";
import { NETWORKS } from "../seeds/networks.js";

type Flag = readonly [name: string, value?: string];

const COMMON: readonly Flag[] = [
  ["--batch", "2"],
  ["--dtype", "int8"],
  ["--set", "alpha=0.5"],
  ["--set", "classes=12"],
  ["--format", "csv"],
  ["--format", "markdown"],
  ["--json"],
  ["--units", "raw"],
  ["--top", "3"],
  ["--sort", "-macs"],
];

/** Flags by the command that takes them. */
const FLAGS: Readonly<Record<string, readonly Flag[]>> = {
  count: [
    ...COMMON,
    ["--convention", "thop"],
    ["--columns", "macs,params"],
    ["--group-by", "kind"],
    ["--depth", "1"],
    ["--layout", "nhwc"],
    ["--pairs"],
  ],
  compare: [...COMMON, ["--groups", "2"], ["--expand", "4"], ["--explain"], ["--columns", "macs"]],
  sweep: [
    ["--set", "alpha=0.5,1"],
    ["--set", "classes=10,20"],
    ["--where", "macs > 10"],
    ["--pareto", "macs,params"],
    ["--json"],
    ["--sort", "macs"],
  ],
  check: [["--max-macs", "1G"], ["--max-params", "1M"], ["--max-peak-memory", "1MiB"], ["--no-unknown"], ["--batch", "2"], ["--format", "junit"]],
  diff: [["--set", "alpha=0.5"], ["--set-after", "alpha=0.25"], ["--exit-code"], ["--json"], ["--top", "2"], ["--units", "raw"]],
};

const SOURCES: Readonly<Record<string, readonly string[]>> = { diff: ["net.yaml", "zoo:ds_cnn"], compare: ["net.yaml", "zoo:ds_cnn"] };
/** Flags that come as often as one likes; two of another say two things. */
const OFTEN: ReadonlySet<string> = new Set(["--set", "--set-after"]);

/** Flags and sources of a command in another order; those of one name keep theirs. */
function shuffled(words: readonly (readonly string[])[], random: Random): readonly string[] {
  const queues = new Map<string, (readonly string[])[]>();
  for (const word of words) {
    const name = word[0]?.startsWith("--") === true ? word[0].replace(/=.*/, "") : "";
    queues.set(name, [...(queues.get(name) ?? []), word]);
  }
  return words.flatMap(() => random.pick([...queues.values()].filter((queue) => queue.length > 0)).shift() ?? []);
}

const spelled = ([name, value]: Flag, random: Random): readonly string[] =>
  value === undefined ? [name] : random.chance(3) ? [`${name}=${value}`] : [name, value];

/** Flags given twice, in odd order, with "=" or without: the order changes nothing, and no budget is given twice. */
export function flagOrder(random: Random): Case {
  const command = random.pick(Object.keys(FLAGS));
  const flags = Array.from({ length: random.few(5) }, () => random.pick(FLAGS[command] ?? []));
  if (random.chance(3)) flags.push(random.pick(flags));
  const sources = SOURCES[command] ?? ["net.yaml"];
  const words = [...sources.map((source) => [source]), ...flags.map((flag) => spelled(flag, random))];
  const names = flags.map(([name]) => name);
  const isTwice = flags.some(([name, value], index) => value !== undefined && !OFTEN.has(name) && names.indexOf(name) !== index);
  const argv = [`!${command}`, ...words.flat()];
  const other = [`!${command}`, ...shuffled(words, random)];
  return { argv, files: { "net.yaml": strToU8(NETWORKS[0] ?? "") }, claim: isTwice ? { kind: "refused" } : { kind: "same", argv: other } };
}
