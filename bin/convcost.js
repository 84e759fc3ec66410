#!/usr/bin/env node
"use strict";
const { existsSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

const main = join(__dirname, "../dist/cli/main.cjs");
if (!existsSync(main)) {
  process.stderr.write("convcost is not built: run `npm install` in its folder first\n");
  process.exit(70);
}
// Node 22 and later keep compiled code, in a folder of their own for temporary files.
enableCompileCache?.();
require(main).main();
