/** Values by what decides them, one thing after the other: it takes no text of all of them to look one up. */
export class Trie<T> {
  value: T | undefined;
  private branches: Map<unknown, Trie<T>> | undefined;

  /** What has this as its next part: a value that is the same by itself, or the very same object. */
  in(part: unknown): Trie<T> {
    const branches = (this.branches ??= new Map<unknown, Trie<T>>());
    const known = branches.get(part);
    if (known !== undefined) return known;
    const made = new Trie<T>();
    branches.set(part, made);
    return made;
  }
}
