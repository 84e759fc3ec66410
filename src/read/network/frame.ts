import type { Layout } from "../../graph/layout.js";
import type { TypedValue } from "../../graph/inferrer.js";
import type { CalledAs } from "../../graph/layer.js";
import type { Scope } from "./scope.js";

/** A tensor of the graph being built; `input` names the graph input that it still has the meaning of. */
export interface Tensor {
  readonly name: string;
  readonly value: TypedValue;
  readonly input?: string | undefined;
  /** The order of the images of the framework that made it. */
  readonly imageOrder: Layout;
}

/** Where instructions run: their names, their taps, and the prefix of the layers they make. */
export interface Frame {
  readonly scope: Scope;
  readonly prefix: string;
  readonly used: Map<string, number>;
  readonly taps: Taps;
  readonly calls: number;
  readonly training: boolean;
  readonly calledAs?: CalledAs | undefined;
}

/** The same place with names of its own. */
export function inScope({ prefix, used, taps, calls, training, calledAs }: Frame, scope: Scope): Frame {
  return { scope, prefix, used, taps, calls, training, calledAs };
}

/** Tensors by the names that a file gave them; those of the caller are seen, not changed. */
export class Taps {
  private readonly tensors = new Map<string, Tensor>();
  constructor(private readonly outer?: Taps) {}

  set(name: string, tensor: Tensor): void {
    this.tensors.set(name, tensor);
  }

  get(name: string): Tensor | undefined {
    return this.tensors.get(name) ?? this.outer?.get(name);
  }

  names(): readonly string[] {
    return [...this.tensors.keys(), ...(this.outer?.names() ?? [])];
  }
}

/** `conv`, then `conv_1`, `conv_2`, as Keras names its layers. */
export function unique(frame: Frame, name: string): string {
  const count = frame.used.get(name) ?? 0;
  frame.used.set(name, count + 1);
  return count === 0 ? name : `${name}_${count}`;
}

/** 0, 1, 2, as PyTorch's Sequential names its layers. */
export function indexed(frame: Frame): string {
  const count = frame.used.get("") ?? 0;
  frame.used.set("", count + 1);
  return String(count);
}
