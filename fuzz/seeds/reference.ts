import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Real files beside the project, where they are: small ones, so that cases stay fast. */
const FOLDER = process.env["CONVCOST_REFERENCE"] ?? join(process.cwd(), "../shared/reference");

/** The contents of the files of some folders that end in `ending`, at most `largest` bytes each, in order of their names. */
export function referenceFiles(folders: readonly string[], ending: string, largest: number): readonly Uint8Array[] {
  return folders.flatMap((name) => {
    const folder = join(FOLDER, name);
    if (!existsSync(folder)) return [];
    const paths = readdirSync(folder)
      .filter((file) => file.endsWith(ending))
      .sort()
      .map((file) => join(folder, file));
    return paths.filter((path) => statSync(path).size <= largest).map((path) => new Uint8Array(readFileSync(path)));
  });
}
