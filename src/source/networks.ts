import type { NetworkSource, NetworkText, OpenNetwork } from "./source.js";

/** Compiled networks by their text, so that a file that changed is another one: the few that were read last. */
export class NetworkCache {
  private readonly known = new Map<string, Promise<NetworkSource>>();
  private readonly kept = 8;

  readonly network: OpenNetwork = async (written) => {
    const key = `${written.source}\n${written.text}`;
    const found = this.known.get(key);
    const opened = found ?? openNetwork(written);
    this.known.delete(key);
    this.known.set(key, opened);
    const [oldest] = this.known.keys();
    if (this.known.size > this.kept && oldest !== undefined) this.known.delete(oldest);
    // The variant is of this name, the rest of the text.
    return { ...(await opened), written };
  };
}

/** Reads a network file. Throws what is wrong with its text. */
export async function openNetwork(written: NetworkText): Promise<NetworkSource> {
  // The YAML library takes a fifth of a bare start: only what reads a network loads it.
  const { networkExpander, readNetwork } = await import("../read/network/network.js");
  const read = readNetwork(written.text, written);
  return { type: "network", written, network: read, expand: networkExpander(read) };
}
