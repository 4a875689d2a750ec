import { readFileSync } from "node:fs"
import { enableCompileCache } from "node:module"
import { join } from "node:path"
import { type Arguments, readArguments } from "./arguments.ts"
import { faultText, isCliFault } from "./cli-fault.ts"
import { commandHelp, overviewHelp } from "./help.ts"
import { cacheFolder } from "./folders.ts"
import { say } from "./terminal.ts"

// The program. Commands are loaded when they are called, so that `--version` and mistakes are answered at once.

// A reader that goes away is no defect, and neither is a terminal that was closed.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)
process.once("uncaughtException", (error) => leave(explain(error)))
// Node would leave with 0 when nothing can happen any more, whether the command is done or not.
process.once("beforeExit", () => leave(explain(new Error("the command waits for something that cannot come"))))
main(process.argv.slice(2)).then(leave, (error: unknown) => leave(explain(error)))

async function main(argv: ReadonlyArray<string>): Promise<number> {
  const request = readArguments(argv)
  switch (request.type) {
    case "version":
      return print(`${readVersion()}\n`)
    case "help":
      return print(request.command === undefined ? overviewHelp(readVersion()) : commandHelp(request.command))
    case "nothing":
      process.stderr.write(overviewHelp(readVersion()))
      return 2
    case "command":
      // In a folder of the user's own: the standard one is shared with everybody who can write to /tmp.
      enableCompileCache(join(cacheFolder(process.env), "compile"))
      return carryOut(request.arguments)
  }
}

async function carryOut(given: Arguments): Promise<number> {
  switch (given.command.name) {
    case "run":
      return (await import("./run-command.ts")).runCommand(given)
    case "agents":
      return (await import("./agents-command.ts")).agentsCommand(given)
    case "conformance":
      return (await import("./conformance-command.ts")).conformanceCommand(given)
    case "doctor":
      return (await import("./doctor-command.ts")).doctorCommand(given)
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function explain(error: unknown): number {
  if (isCliFault(error)) {
    say(`signalbox: ${faultText(error)}`)
    return error.exit
  }
  const message = error instanceof Error ? error.message : String(error)
  say(`signalbox: this is a defect of Signalbox: ${message}`)
  if (process.env["SIGNALBOX_DEBUG"] === "1") say(error instanceof Error ? (error.stack ?? "") : "")
  else say("Please report it with what you did; SIGNALBOX_DEBUG=1 shows where it happened.")
  return 1
}

/** Leaves when what was written has gone out; whatever else is open, timers and a waiting stdin, does not hold it up. */
function leave(code: number): void {
  process.exitCode = code
  process.stdout.write("", () => process.exit())
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
  return (manifest as { readonly version: string }).version
}
