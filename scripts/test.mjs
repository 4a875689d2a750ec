// `npm test`: sets everything up, then runs the tests with reduced rounds.
import { inProject, setUp, step } from "./toolchain.mjs"

setUp()
step("test", "vitest runs every test (the tier decides the rounds: SIGNALBOX_TIER=quick|ci|soak)")
process.exit(inProject("vitest", ["run", ...process.argv.slice(2)]).status ?? 1)
