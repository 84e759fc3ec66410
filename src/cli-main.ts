import { run } from "./cli.js";
import { nodeIo } from "./node-io.js";

void run(process.argv.slice(2), nodeIo()).then((code) => {
  process.exitCode = code;
});
