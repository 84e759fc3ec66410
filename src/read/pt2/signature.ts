import { isList, isObject, type Json, type JsonObject } from "../keras/json.js";
import type { Program, StoredInput } from "./program.js";

type Signature = Pick<Program, "stored" | "inputs" | "outputs">;

/** What goes into a program's graph and what comes out (GraphSignature; in PyTorch 2.1 as lists of names). */
export function decodeSignature(signature: JsonObject): Signature {
  if (!isList(signature["input_specs"])) return oldSignature(signature);
  const specs = objects(signature["input_specs"]);
  return {
    stored: specs.flatMap(stored),
    inputs: specs.flatMap(({ user_input: user }) => argumentName(user) ?? []),
    outputs: objects(signature["output_specs"]).flatMap(({ user_output: user, loss_output: loss }) => argumentName(user) ?? argumentName(loss) ?? []),
  };
}

function stored(spec: JsonObject): readonly StoredInput[] {
  for (const [kind, role] of [
    ["parameter", "parameter"],
    ["buffer", "buffer"],
    ["tensor_constant", "constant"],
  ] as const) {
    const found = spec[kind];
    if (!isObject(found)) continue;
    const name = argumentName(found) ?? "";
    const target = found[`${kind}_name`];
    return [{ name, role, target: typeof target === "string" ? target : name }];
  }
  return [];
}

/** The tensor of `{ arg: { name } }` or `{ arg: { as_tensor: { name } } }`; nothing for what is no tensor. */
function argumentName(spec: Json | undefined): string | undefined {
  const arg = isObject(spec) ? spec["arg"] : undefined;
  if (!isObject(arg)) return undefined;
  const tensor = isObject(arg["as_tensor"]) ? arg["as_tensor"] : arg;
  return typeof tensor["name"] === "string" ? tensor["name"] : undefined;
}

const objects = (written: Json | undefined): readonly JsonObject[] => (isList(written) ? written.filter(isObject) : []);

function oldSignature(signature: JsonObject): Signature {
  const pairs = (key: string, role: StoredInput["role"]) =>
    Object.entries(isObject(signature[key]) ? signature[key] : {}).map(([name, target]): StoredInput => ({
      name,
      role,
      target: typeof target === "string" ? target : name,
    }));
  const names = (key: string) => (isList(signature[key]) ? signature[key] : []).filter((name) => typeof name === "string");
  return {
    stored: [...pairs("inputs_to_parameters", "parameter"), ...pairs("inputs_to_buffers", "buffer")],
    inputs: names("user_inputs"),
    outputs: names("user_outputs"),
  };
}
