import { run } from "./cli.js";
import { nodeIo } from "./node-io.js";

process.exitCode = run(process.argv.slice(2), nodeIo());
