/** Whether JSON nests lists and objects more deeply than a limit. Readers go down by calls, so they ask first. */
export function isDeeperThan(limit: number, json: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const mark = json[at];
    if (isText) {
      if (mark === "\\") at++;
      else if (mark === '"') isText = false;
    } else if (mark === '"') isText = true;
    else if (mark === "[" || mark === "{") depth++;
    else if (mark === "]" || mark === "}") depth--;
    if (depth > limit) return true;
  }
  return false;
}
