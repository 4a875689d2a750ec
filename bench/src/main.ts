// `pnpm bench mux|start|memory`: measures and prints tables; exit code 0 when everything ran and every event arrived.
import { benchMemory } from "./memory.ts"
import { benchMux } from "./mux.ts"
import { type Options, readOptions } from "./options.ts"
import { committedPath, keepResults, printResults, type Results, writeReadme } from "./results.ts"
import { benchStart } from "./start.ts"

const read = readOptions(process.argv.slice(2))
if (read.ok) await run(read.value)
else {
  console.error(read.message)
  process.exitCode = 2
}

async function run(options: Options): Promise<void> {
  const measured = await resultsOf(options)
  // The few events of a smoke judge nothing.
  const results = options.smoke ? { ...measured, goals: [] } : measured
  printResults(results)
  if (options.smoke) console.log("Every variant ran and every event arrived. The figures of a smoke mean nothing.")
  if (options.json !== undefined) keepResults(results, options.json)
  if (options.write) {
    keepResults(results, committedPath(options.bench))
    writeReadme(results)
  }
}

function resultsOf(options: Options): Promise<Results> {
  switch (options.bench) {
    case "mux":
      return benchMux(options)
    case "start":
      return benchStart(options)
    case "memory":
      return benchMemory(options)
  }
}
