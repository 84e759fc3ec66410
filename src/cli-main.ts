import { run } from "./cli.js";
import { nodeIo } from "./node-io.js";
import { runAsWorker } from "./worker.js";

if (!runAsWorker()) {
  void run(process.argv.slice(2), nodeIo()).then((code) => {
    process.exitCode = code;
  });
}
