/**
 * Items, each behind those that it needs, and otherwise in their order. It goes deep with a stack of its own.
 * @param needs asked one by one, and only as far as they are followed
 * @param circle is given an item that needs itself
 */
export function inOrder<T>(items: readonly T[], needs: (item: T) => Iterable<T>, circle: (item: T) => never): readonly T[] {
  const [ordered, open] = [new Set<T>(), new Set<T>()];
  const stack: { readonly item: T; readonly rest: Iterator<T> }[] = [];
  const enter = (item: T) => {
    open.add(item);
    stack.push({ item, rest: needs(item)[Symbol.iterator]() });
  };
  for (const start of items) {
    if (!ordered.has(start)) enter(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.next();
      if (next.done === true) {
        stack.pop();
        open.delete(top.item);
        ordered.add(top.item);
      } else if (!ordered.has(next.value)) {
        if (open.has(next.value)) circle(next.value);
        enter(next.value);
      }
    }
  }
  return [...ordered];
}
