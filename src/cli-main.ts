import { run } from "./cli.js";
import { nodeIo, WORKER } from "./node-io.js";

export { run };

if (process.argv[2] === WORKER) {
  void import("./worker.js").then(({ runAsWorker }) => {
    runAsWorker();
  });
} else {
  void run(process.argv.slice(2), nodeIo()).then((code) => {
    process.exitCode = code;
  });
}
