import fc from "fast-check"
import { tier } from "./lib/rounds.ts"

// Property tests: more cases in the longer tiers; the seed is printed by fast-check when a property fails, and given
// back with SIGNALBOX_SEED.

const seed = process.env["SIGNALBOX_SEED"]
fc.configureGlobal({
  numRuns: { quick: 100, ci: 300, soak: 2_000 }[tier],
  ...(seed === undefined ? {} : { seed: Number(seed) })
})
