import type { Dialect } from "@signalbox/machine"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { RunnableAgent } from "../src/index.ts"
import { ended, inHouse, refusal, scripted } from "./harness.ts"
import { told } from "./heard.ts"

// What an agent's own code, or who listens, throws although it must not.

type Part = "dialect" | "start" | "launch" | "encode"

describe("an agent whose own code throws at the start", () => {
  for (const lifetime of ["shared", "once"] as const) {
    for (const part of ["dialect", "start", "launch", "encode"] as const) {
      // A shared runner is started first and then given its run: only its start can fail.
      if (part === "encode" && lifetime === "shared") continue
      it.live(`blocks nothing: its ${part}, as a ${lifetime} agent, is told and tried again [S0-06 S0-03]`, () => {
        let bad = true
        const agent = { ...throwing(part, () => bad), lifetime }
        return inHouse({ agent, config: { permits: 1, wait_ms: 15_000 } }, (house) =>
          Effect.gen(function* () {
            for (const id of ["a", "b"]) {
              const error = yield* refusal(yield* house.ask(id, "say hello"))
              assert.propertyVal(error, "reason", "defect")
              assert.match(String((error as Error).message), /its own code failed: boom/)
            }
            bad = false
            const next = yield* house.open("c", "say hello")
            assert.strictEqual(told(yield* ended(next)), "completed")
          })
        )
      })
    }
  }
})

/** A scripted runner whose agent throws in one part while it is bad. */
function throwing(part: Part, isBad: () => boolean): RunnableAgent {
  const agent = scripted()
  const boom = () => {
    if (isBad()) throw new Error("boom")
  }
  const dialect = (): Dialect => {
    if (part === "dialect") boom()
    const inner = agent.dialect()
    return {
      ...inner,
      start: (sink) => {
        if (part === "start") boom()
        inner.start(sink)
      },
      encode: (frame, sink) => {
        if (part === "encode") boom()
        inner.encode(frame, sink)
      }
    }
  }
  const launch: RunnableAgent["launch"] = (run) => {
    if (part === "launch") boom()
    return agent.launch(run)
  }
  return { ...agent, launch, dialect }
}
