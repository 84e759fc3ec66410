const LARGE_WRITE = 32_768;
const NOTICED = 40;

/** Gathers lines into larger writes, unless they come slowly: no line waits longer than a person sees. */
export function gathered(write: (text: string) => void, now: () => number) {
  let text = "";
  let last = -Infinity;
  const flush = () => {
    if (text !== "") write(text);
    text = "";
    last = now();
  };
  return {
    flush,
    write: (more: string) => {
      text += more;
      if (text.length > LARGE_WRITE || now() - last > NOTICED) flush();
    },
  };
}
