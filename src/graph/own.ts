/** An entry of a table by a name from a file or a user; never what every object has besides (`constructor`). */
export function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
