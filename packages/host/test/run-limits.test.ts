import type { RunLimits } from "@signalbox/protocol"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { RunFacts } from "../src/lib/run-controller.ts"
import { judge, restBefore } from "../src/lib/run-limits.ts"

const running: RunFacts = { state: "running", acceptedAt: 0, grantedAt: 100, heardAt: undefined, events: 0 }
const spoken: RunFacts = { ...running, heardAt: 150 }
const asking: RunFacts = { ...spoken, state: "waiting" }

type Story = readonly [sentence: string, facts: RunFacts, limits: RunLimits, now: number, verdict: string]

describe("the limits of a run", () => {
  it.each<Story>([
    ["nothing is limited without limits", spoken, {}, 1e9, "free"],
    ["the run limit counts from the permit [W0-17]", running, { run_ms: 50 }, 149, "look at 150"],
    ["and is over when it is reached [W0-17]", running, { run_ms: 50 }, 150, "stop run_timeout"],
    ["waiting for a permit counts for nothing", { ...running, grantedAt: undefined }, { run_ms: 1 }, 1e9, "free"],
    [
      "the first output is limited until there is one [W0-17]",
      running,
      { first_output_ms: 20 },
      120,
      "stop first_output_timeout"
    ],
    ["and not after it [W0-17]", spoken, { first_output_ms: 20 }, 1e9, "free"],
    ["silence counts from the permit [W0-17]", running, { idle_ms: 20 }, 119, "look at 120"],
    ["and from the last word [W0-17]", spoken, { idle_ms: 20 }, 169, "look at 170"],
    ["and is over when it is reached [W0-17]", spoken, { idle_ms: 20 }, 170, "stop idle_timeout"],
    ["silence while a person is asked is nobody's fault", asking, { idle_ms: 20 }, 1e9, "free"],
    ["but the whole time goes on", asking, { idle_ms: 20, run_ms: 1000 }, 500, "look at 1100"],
    ["the nearest limit is looked at", spoken, { run_ms: 1000, idle_ms: 20, first_output_ms: 5 }, 160, "look at 170"],
    ["a run that is over has no limit", { ...spoken, state: "ended" }, { run_ms: 1, idle_ms: 1 }, 1e9, "free"]
  ])("%s", (_sentence, facts, limits, now, word) => {
    const verdict = judge(facts, limits, now)
    const said =
      verdict.type === "look-at"
        ? `look at ${verdict.at}`
        : verdict.type === "stop"
          ? `stop ${verdict.wish.fault.code}`
          : "free"
    expect(said).toBe(word)
  })

  it("a run that waits for a person is looked at now and then: nobody tells when the answer comes", () => {
    expect(restBefore({ type: "free" }, asking, 0)).toBe(1_000)
    expect(restBefore({ type: "free" }, spoken, 0)).toBeUndefined()
    expect(restBefore({ type: "look-at", at: 500 }, spoken, 200)).toBe(300)
    expect(restBefore({ type: "look-at", at: 500 }, spoken, 500)).toBe(1)
  })

  it("no run is stopped before the moment that was given for the next look [W0-17]", () => {
    const limit = fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined })
    const limits = fc.record({ run_ms: limit, idle_ms: limit, first_output_ms: limit })
    const heard = fc.option(fc.integer({ min: 100, max: 500 }), { nil: undefined })
    fc.assert(
      fc.property(limits, heard, fc.integer({ min: 500, max: 2_000 }), (given, heardAt, now) => {
        const facts = { ...running, heardAt }
        const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as RunLimits
        const verdict = judge(facts, known, now)
        if (verdict.type !== "look-at") return
        expect(verdict.at).toBeGreaterThan(now)
        expect(judge(facts, known, verdict.at - 1).type).toBe("look-at")
        expect(judge(facts, known, verdict.at).type).toBe("stop")
      })
    )
  })
})
