// `npm run check`: runs the guards, one line each; says of a broken one which rule it keeps, what it saw and how to mend it.
//   npm run check                     every guard and the tests
//   npm run check:fast                what answers in seconds
//   npm run check -- ladder docs      these guards only;  --write lets them bring their generated files up to date
//   npm run check -- --without tests  all but these
import { guards } from "./guards.mjs"
import { runGuards } from "./run-guards.mjs"
import { setUp } from "./toolchain.mjs"

const choice = choose(process.argv.slice(2))
setUp({ build: false })

const broken = await runGuards(choice.guards, { write: choice.write, print: (text) => console.log(text) })
process.exitCode = broken.length === 0 ? 0 : 1

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
