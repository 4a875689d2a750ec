// The program: a runner for signalbox.stdio/1 on stdin and stdout. The only file here that reads the environment of the
// process and handles its signals.

import { readFileSync } from "node:fs"
import { serve } from "@signalbox/runner/node"
import { makePlaybook } from "./playbook.ts"
import { makeRealPipes } from "./real-pipe.ts"
import { findShell } from "./shell.ts"

const version = readVersion()
const [word, ...others] = process.argv.slice(2)

if (word === undefined) start()
else if (others.length === 0 && (word === "--version" || word === "-v")) process.stdout.write(`${version}\n`)
else if (others.length === 0 && (word === "--help" || word === "-h")) process.stdout.write(help())
else {
  process.stderr.write(`signalbox-playbook takes no arguments but --help and --version; the prompt comes on stdin.\n`)
  process.exitCode = 2
}

function start(): void {
  if (process.stdin.isTTY) process.stderr.write(help())
  const shell = findShell(process.env["PATH"], process.env["SIGNALBOX_PLAYBOOK_SHELL"])
  const pipes = makeRealPipes()
  const playbook = makePlaybook({ environment: process.env, shell, pipes })
  let stopping = false
  process.once("exit", playbook.abandon)
  for (const [signal, number] of [
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGTERM", 15]
  ] as const) {
    // The steps are in process groups of their own: nobody else would end them.
    process.on(signal, () => {
      // A second signal does not wait for stubborn ones: the exit kills them.
      if (stopping) process.exit(128 + number)
      stopping = true
      void playbook.stop().finally(() => process.exit(128 + number))
    })
  }
  void serve(playbook.handler, { agent: "playbook", version, check: playbook.check })
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
  return (manifest as { readonly version: string }).version
}

function help(): string {
  return `signalbox-playbook ${version}: an agent with no model that carries out the shell blocks of a Markdown prompt.

It is a runner: it reads frames of signalbox.stdio/1 from stdin, one JSON object a line, and answers on stdout. A host
starts it; people say \`signalbox run --agent playbook - < steps.md\`. By hand:

  {"type":"run","id":"1","params":{"prompt":"\`\`\`sh\\necho hello\\n\`\`\`"}}

and end of input (Ctrl-D) when it shall finish and exit.

  --help     this text
  --version  the version
`
}
