const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/**
 * The text of a member of a JSON object, without blanks, as it was written: a number of more digits than a double has stays what it was.
 * The last one where there are several, as JSON.parse takes it.
 * @param json an object that JSON.parse has read
 */
export function rawMember(json: string, name: string): string | undefined {
  let depth = 0;
  let previous = "";
  let reading = false;
  let text = "";
  let found: string | undefined;
  for (const [token] of json.matchAll(TOKEN)) {
    const opens = token === "{" || token === "[";
    const closes = token === "}" || token === "]";
    if (depth === 1 && reading && (token === "," || closes)) {
      found = text;
      reading = false;
    }
    if (reading) text += token;
    if (depth === 1 && token === ":" && !reading && previous.startsWith('"') && JSON.parse(previous) === name) {
      reading = true;
      text = "";
    }
    depth += opens ? 1 : closes ? -1 : 0;
    previous = token;
  }
  return found;
}
