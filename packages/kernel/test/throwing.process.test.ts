import type { Dialect } from "@signalbox/machine"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { RunnableAgent, RunSink } from "../src/index.ts"
import { ended, event, fact, inHouse, refusal, scripted } from "./harness.ts"
import { listen, told } from "./heard.ts"

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

describe("code that throws while runs are under way", () => {
  it.live(
    "costs its runner and no other when it is the dialect's: its runs are lost with the reason [S0-30 W0-03]",
    () => {
      const agent = hearing((line) => {
        if (line.includes("boom")) throw new Error("no such word")
      })
      return inHouse({ agent, restart: { backoff_min_ms: 1, backoff_max_ms: 1 } }, (house) =>
        Effect.gen(function* () {
          const other = yield* house.open("a", "say on\nhang")
          yield* event(other, "item.completed")
          const one = yield* house.open("b", "say boom\nend ok\nsay boom\nhang")
          for (const run of [other, one]) {
            const { error } = yield* ended(run)
            if (run === other) assert.strictEqual(error?.code, "runner_fatal")
            if (run === other) assert.match(String(error?.message), /the code of the agent .* failed: no such word/)
          }
          assert.strictEqual(told(one.endings[0]), "completed", "an end that was written is heard")
          assert.strictEqual(told((yield* house.run("c", "say hello")).endings[0]), "completed")
          assert.deepStrictEqual([other.endings.length, one.endings.length], [1, 1])
        })
      )
    }
  )

  it.live("costs its run and no other when it listens: the others hear their ends [S0-30 W0-01]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const bad = listen("bad")
        const boom = () => {
          throw new Error("cannot listen")
        }
        const sink: RunSink = {
          event: boom,
          ask: boom,
          diag: boom,
          end: (ending) => {
            bad.sink.end(ending)
            boom()
          }
        }
        yield* house.open("bad", "say first\nsay second\nwait 600000", { sink })
        const good = yield* house.open("good", "say on\nwait-for end-of-input")
        assert.strictEqual(told(yield* ended(bad)), "cancelled internal")
        assert.match(String(bad.endings[0]?.error?.message), /who listens to the run bad failed: cannot listen/)
        yield* event(good, "item.completed")
        yield* fact("the permit of the bad one is free", () => house.supervisor.view().active === 1)
        assert.strictEqual(told((yield* house.run("next", "say hello")).endings[0]), "completed")
      })
    )
  )

  it.live("takes no end away from the others when all of them end at once [S0-30 W0-03]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const [first, last] = [listen("first"), listen("last")]
        const end: RunSink["end"] = (ending) => {
          first.sink.end(ending)
          throw new Error("cannot listen")
        }
        yield* house.open("first", "hang", { sink: { ...first.sink, end } })
        yield* house.open("second", "hang")
        yield* house.open("last", "wait 20\nexit 1", { sink: last.sink })
        yield* ended(last)
        assert.deepStrictEqual(
          [first, last].map(({ endings }) => endings.map(told)),
          [["lost runner_exited"], ["lost runner_exited"]]
        )
        yield* fact("all permits are free", () => house.supervisor.view().active === 0)
      })
    )
  )
})

function hearing(hear: (line: string) => void): RunnableAgent {
  const agent = scripted()
  const dialect = (): Dialect => {
    const inner = agent.dialect()
    return {
      ...inner,
      stdout: (line, sink) => {
        hear(line)
        inner.stdout(line, sink)
      }
    }
  }
  return { ...agent, dialect }
}
