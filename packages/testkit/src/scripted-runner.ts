#!/usr/bin/env node
// A runner whose prompts tell it what to do, well or badly. It is a program, not a module to import: start it with the
// command that `@signalbox/testkit/scripted-runner` gives. Nothing but Node is loaded, so that it starts fast.
import { readOptions } from "./lib/scripted/options.ts"
import { startScriptedRunner } from "./lib/scripted/runner.ts"

const options = readOptions(process.argv.slice(2))
if (options.ok) startScriptedRunner(options.value)
else {
  process.stderr.write(`${options.problem}\n`)
  process.exitCode = 2
}
