#!/usr/bin/env node
"use strict";
const path = require("node:path").join(__dirname, "../dist/cli.cjs");
if (!require("node:fs").existsSync(path)) {
  process.stderr.write("convcost is not built: run `npm install` in its folder first\n");
  process.exit(70);
}
require(path);
