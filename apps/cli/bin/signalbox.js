#!/usr/bin/env node
// Old syntax on purpose: an old Node must be able to read this file in order to say that it is too old.
var parts = process.versions.node.split(".")
var major = Number(parts[0])
var minor = Number(parts[1])

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    "signalbox needs Node.js 22.19 or newer, and this is " + process.versions.node + ": install a newer Node.js.\n"
  )
  process.exitCode = 1
} else {
  import("../dist/main.js").catch(function (error) {
    var missing = error && error.code === "ERR_MODULE_NOT_FOUND" && String(error.message).indexOf("dist/main.js") >= 0
    process.stderr.write(
      missing
        ? "signalbox is not built: run `npm run setup` in the checkout.\n"
        : "signalbox could not be started: " + (error && error.message) + "\n"
    )
    process.exitCode = 1
  })
}
