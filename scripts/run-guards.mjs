// Runs guards one after the other and prints one line each; of a broken one also what it saw, which rule it keeps and
// how to mend it.
import { spawn } from "node:child_process"
import { projectEnvironment, root } from "./toolchain.mjs"

/**
 * Runs the guards; gives the names of the broken ones. Every guard runs, whatever the ones before it found.
 * @param {ReadonlyArray<import("./guards.mjs").Guard>} guards
 * @param {{ write: boolean, print: (text: string) => void }} settings
 * @returns {Promise<ReadonlyArray<string>>}
 */
export async function runGuards(guards, { write, print }) {
  const started = performance.now()
  const broken = []
  for (const guard of guards) {
    const begun = performance.now()
    const { code, output } = await run(write && guard.writes ? [...guard.command, "--write"] : guard.command)
    print(`${code === 0 ? "ok    " : "BROKEN"} ${guard.name.padEnd(13)}${seconds(begun)}   ${guard.keeps}`)
    if (code === 0) continue
    broken.push(guard.name)
    print(`${indented(output)}\n       rule:  ${guard.keeps}\n       mend:  ${guard.mend}`)
    print(`       again: npm run check -- ${guard.name}\n`)
  }
  const total = seconds(started).trim()
  print(broken.length === 0 ? `all ${guards.length} guards ok in ${total}` : `broken: ${broken.join(", ")} (${total})`)
  return broken
}

/** @param {ReadonlyArray<string>} command @returns {Promise<{ code: number | string, output: string }>} */
function run([program = "", ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env: projectEnvironment(), stdio: ["ignore", "pipe", "pipe"] })
    const chunks = []
    for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (chunk) => chunks.push(chunk))
    child.on("error", (error) => resolve({ code: 1, output: `${program} could not be started: ${error.message}` }))
    child.on("close", (code, signal) =>
      resolve({ code: code ?? signal ?? 1, output: Buffer.concat(chunks).toString() })
    )
  })
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s`
}

/** The last 200 lines are enough: a guard's summary stands at its end. */
function indented(output) {
  const lines = output.trimEnd().split("\n")
  const shown = lines.length > 200 ? [`… ${lines.length - 200} lines left out`, ...lines.slice(-200)] : lines
  return shown.map((line) => `       ${line}`).join("\n")
}
