import type { FileBytes, Io } from "../io.js";

/** Gives `use` files that are closed when it is done, however it ends. */
export async function closingFiles<T>(io: Io, use: (io: Io) => Promise<T>): Promise<T> {
  const opened: FileBytes[] = [];
  const openBytes = (path: string) => {
    const bytes = io.openBytes(path);
    if (bytes !== undefined) opened.push(bytes);
    return bytes;
  };
  try {
    return await use({ ...io, openBytes });
  } finally {
    for (const bytes of opened) bytes.close();
  }
}
