import { run } from "./cli.js";
import { nodeIo } from "./node-io.js";
import { runAsWorker } from "./worker.js";

const io = nodeIo();
if (!runAsWorker(io)) {
  void run(process.argv.slice(2), io).then((code) => {
    process.exitCode = code;
  });
}
