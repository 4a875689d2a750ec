// `npm test`: sets everything up, then runs the tests with reduced rounds.
//   npm test                     every test; writes .cache/test-report.json for the guard "requirements"
//   npm test -- packages/kernel  some of them; the arguments are vitest's
import { inProject, setUp, step } from "./toolchain.mjs"

setUp()
const args = process.argv.slice(2)
const tier = process.env.SIGNALBOX_TIER ?? "quick"
step("test", `vitest, tier ${tier} (SIGNALBOX_TIER=quick|ci|soak decides how often repeated tests repeat)`)
const report = args.length === 0 ? { SIGNALBOX_TEST_REPORT: ".cache/test-report.json" } : {}
process.exit(inProject("vitest", ["run", ...args], { extraEnv: report }).status ?? 1)
