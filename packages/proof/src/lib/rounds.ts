// How often a repeated test repeats. Issues and promises name full counts; `npm test` runs a few of them, continuous
// integration more, the soak all.

export const tier: "quick" | "ci" | "soak" =
  process.env["SIGNALBOX_TIER"] === "soak" ? "soak" : process.env["SIGNALBOX_TIER"] === "ci" ? "ci" : "quick"

const share = { quick: 0.02, ci: 0.1, soak: 1 }[tier]

/** The number of rounds of this tier for a full count, never under `least`. */
export function rounds(full: number, least = 3): number {
  return Math.min(full, Math.max(least, Math.round(full * share)))
}
