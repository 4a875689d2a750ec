// `npm run check`: runs the guards, one line each; says of a broken one which rule it keeps, what it saw and how to mend it.
//   npm run check                     every guard and the tests
//   npm run check:fast                what answers in seconds
//   npm run check -- ladder docs      these guards only;  --write lets them bring their generated files up to date
//   npm run check -- --without tests  all but these
import { spawn } from "node:child_process"
import { guards } from "./guards.mjs"
import { projectEnvironment, root, setUp } from "./toolchain.mjs"

const choice = choose(process.argv.slice(2))
setUp({ build: false })

const broken = []
const started = performance.now()
for (const guard of choice.guards) {
  const begun = performance.now()
  const { code, output } = await runGuard(guard)
  const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(6)
  console.log(`${code === 0 ? "ok    " : "BROKEN"} ${guard.name.padEnd(13)}${seconds} s   ${guard.keeps}`)
  if (code === 0) continue
  broken.push(guard.name)
  console.log(`${indented(output)}\n       rule: ${guard.keeps}\n       mend: ${guard.mend}`)
  console.log(`       again: npm run check -- ${guard.name}\n`)
}
const total = ((performance.now() - started) / 1000).toFixed(1)
console.log(
  broken.length === 0
    ? `all ${choice.guards.length} guards ok in ${total} s`
    : `broken: ${broken.join(", ")} (${total} s)`
)
process.exitCode = broken.length === 0 ? 0 : 1

function runGuard(guard) {
  const [program, ...args] = choice.write && guard.writes ? [...guard.command, "--write"] : guard.command
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env: projectEnvironment(), stdio: ["ignore", "pipe", "pipe"] })
    const chunks = []
    for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (chunk) => chunks.push(chunk))
    child.on("error", (error) => resolve({ code: 1, output: `${program} could not be started: ${error.message}` }))
    child.on("close", (code, signal) => resolve({ code: code ?? signal, output: Buffer.concat(chunks).toString() }))
  })
}

/** The last 200 lines are enough: a guard's summary stands at its end. */
function indented(output) {
  const lines = output.trimEnd().split("\n")
  const shown = lines.length > 200 ? [`… ${lines.length - 200} lines left out`, ...lines.slice(-200)] : lines
  return shown.map((line) => `       ${line}`).join("\n")
}

function choose(args) {
  const write = args.includes("--write")
  const without = args.includes("--without") ? args.slice(args.indexOf("--without") + 1) : []
  const named = args.filter((arg) => !arg.startsWith("--") && !without.includes(arg))
  const unknown = [...named, ...without].filter((name) => !guards.some((guard) => guard.name === name))
  if (unknown.length > 0) {
    console.error(
      `There is no guard ${unknown.join(", ")}. The guards: ${guards.map((guard) => guard.name).join(", ")}.`
    )
    process.exit(2)
  }
  if (named.length > 0) return { write, guards: guards.filter((guard) => named.includes(guard.name)) }
  const fast = args.includes("--fast")
  const kept = guards.filter((guard) => (fast ? guard.fast : guard.name !== "rules") && !without.includes(guard.name))
  return { write, guards: kept }
}
