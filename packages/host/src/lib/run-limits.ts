import type { StopWish } from "@signalbox/machine"
import type { RunLimits } from "@signalbox/protocol"
import type { RunFacts } from "./run-controller.ts"

// When a run has taken too long. Pure: facts and limits in, the next moment to look or the wish to stop out.

export type Verdict =
  | { readonly type: "look-at"; readonly at: number }
  | { readonly type: "stop"; readonly wish: StopWish }
  | { readonly type: "free" }

/** Judges a run that has its permit. While it waits for an answer of a person, only the whole time counts. */
export function judge(facts: RunFacts, limits: RunLimits, now: number): Verdict {
  const ends = deadlines(facts, limits)
  const over = ends.find((end) => now >= end.at)
  if (over !== undefined) return { type: "stop", wish: over.wish }
  if (ends.length === 0) return { type: "free" }
  return { type: "look-at", at: Math.min(...ends.map((end) => end.at)) }
}

/** A run that waits for a person is looked at again after this long. */
const waitingLookMs = 1_000

function deadlines(
  facts: RunFacts,
  limits: RunLimits
): ReadonlyArray<{ readonly at: number; readonly wish: StopWish }> {
  const { grantedAt, heardAt } = facts
  if (grantedAt === undefined || facts.state === "ended") return []
  const ends = []
  if (limits.run_ms !== undefined) {
    ends.push({
      at: grantedAt + limits.run_ms,
      wish: timedOut("run_timeout", `the run took longer than ${limits.run_ms} ms`)
    })
  }
  if (limits.first_output_ms !== undefined && heardAt === undefined) {
    const message = `the agent said nothing within ${limits.first_output_ms} ms`
    ends.push({ at: grantedAt + limits.first_output_ms, wish: timedOut("first_output_timeout", message) })
  }
  if (limits.idle_ms !== undefined) {
    const wish = timedOut("idle_timeout", `the agent was silent for ${limits.idle_ms} ms`)
    const quietSince = facts.state === "waiting" ? Number.POSITIVE_INFINITY : (heardAt ?? grantedAt)
    ends.push({ at: quietSince + limits.idle_ms, wish })
  }
  return ends.filter((end) => Number.isFinite(end.at))
}

function timedOut(code: "run_timeout" | "first_output_timeout" | "idle_timeout", message: string): StopWish {
  return { outcome: "timed_out", fault: { code, message } }
}

/** How long to sleep before the next look; a run that waits for a person wakes up without being told. */
export function restBefore(verdict: Verdict, facts: RunFacts, now: number): number | undefined {
  const soon = facts.state === "waiting" ? waitingLookMs : Number.POSITIVE_INFINITY
  const rest = verdict.type === "look-at" ? Math.min(soon, Math.max(1, verdict.at - now)) : soon
  return Number.isFinite(rest) ? rest : undefined
}
