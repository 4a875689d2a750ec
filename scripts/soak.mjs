// `npm run soak`: the full counts of every repeated and every property test; prints the seed and the figures.
//   SIGNALBOX_SEED=…  repeats a soak with the same random cases.   npm run soak -- packages/kernel  soaks a part.
import { cpus, totalmem } from "node:os"
import { inProject, setUp, step } from "./toolchain.mjs"

setUp()
const seed = process.env.SIGNALBOX_SEED ?? String(Math.floor(Math.random() * 2 ** 31))
step("soak", `seed ${seed}; to repeat: SIGNALBOX_SEED=${seed} npm run soak`)
const started = performance.now()
const extraEnv = { SIGNALBOX_TIER: "soak", SIGNALBOX_SEED: seed }
const args = ["run", "--testTimeout=1800000", "--hookTimeout=1800000", ...process.argv.slice(2)]
const status = inProject("vitest", args, { extraEnv }).status ?? 1
const minutes = ((performance.now() - started) / 60_000).toFixed(1)
const machine = `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB`
console.log(
  `soak: ${status === 0 ? "passed" : "failed"} in ${minutes} min, seed ${seed}, Node ${process.version}, ${machine}`
)
process.exitCode = status
