import { assert, describe, it } from "@effect/vitest"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import { commanded, ended, event, fact, inHouse, refusal, upTo } from "./harness.ts"
import { textsOf, told } from "./heard.ts"

const megabyte = 1024 * 1024
const soonAgain = { backoff_min_ms: 1, backoff_max_ms: 1 }
const brief = { stop_grace_ms: 50, term_grace_ms: 50 }

describe("writing to a runner", () => {
  it.live("carries parameters of a megabyte whole, among many small ones [S0-24]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const large = { prompt: "echo-params", text: "ä€😀\u2028\n".repeat(megabyte / 16) }
        const asked = yield* Effect.forEach(upTo(40), (n) =>
          n % 10 === 0 ? house.ask(`large-${n}`, "", { params: large }) : house.ask(`small-${n}`, `say ${n}`)
        )
        yield* Effect.forEach(asked, ({ heard }) => ended(heard))
        for (const [index, { heard }] of asked.entries()) {
          if (heard.id.startsWith("small")) assert.deepStrictEqual(textsOf(heard), [String(index + 1)])
          else assert.deepStrictEqual(heard.events[0]?.["params"], large)
        }
        const gauge = (yield* house.run("gauge", "gauge")).events[0]
        assert.deepInclude(gauge, { bad_lines: 0, lines: 42 })
      })
    )
  )

  it.live("refuses what JSON cannot carry, and writes nothing of it [S0-25 S0-16]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const cyclic: Record<string, unknown> = { prompt: "say never" }
        cyclic["self"] = cyclic
        const throwing = { toJSON: () => assert.fail("this value does not want to be written") }
        for (const params of [{ big: 1n }, cyclic, { throwing }]) {
          const asked = yield* house.ask("bad", "", { params })
          assert.propertyVal(yield* refusal(asked), "_tag", "EncodeFailed")
          assert.deepStrictEqual(asked.heard.words, [])
        }
        assert.strictEqual((yield* house.run("bad", "gauge")).events[0]?.["lines"], 2)
        assert.strictEqual(house.supervisor.view().counters.refused.EncodeFailed, 3)
      })
    )
  )
})

describe("a runner that does not read", () => {
  it.live("is declared stuck within the deadline; its runs end and the next runner serves [W0-09 S0-25]", () => {
    let starts = 0
    const agent = commanded(() => scriptedRunnerCommand(starts++ === 1 ? ["--never-read"] : []))
    starts = 1
    return inHouse(
      { agent, restart: soonAgain, config: { write_deadline_ms: 100, hello_ms: 200, ...brief } },
      (house) =>
        Effect.gen(function* () {
          const stuck = yield* house.open("a", "", { params: { prompt: "say hello", text: "x".repeat(megabyte) } })
          assert.strictEqual(told(yield* ended(stuck)), "lost runner_stuck")
          assert.strictEqual(stuck.endings[0]?.exit?.drained, true)
          const next = yield* house.run("b", "say hello")
          assert.deepStrictEqual([told(next.endings[0]), next.run?.generation], ["completed", 2])
          assert.strictEqual(house.supervisor.view().counters.deaths, 1)
        })
    )
  })

  it.live("takes everybody it carries with it when it stops in the middle, each once [W0-09 S0-30]", () =>
    inHouse({ restart: soonAgain, config: { write_deadline_ms: 100, ...brief } }, (house) =>
      Effect.gen(function* () {
        const first = yield* house.open("a", "stop-reading\nsay stopped\nhang")
        yield* event(first, "item.completed")
        const second = yield* house.open("b", "", { params: { prompt: "say hello", text: "x".repeat(megabyte) } })
        const endings = yield* Effect.forEach([first, second], ended)
        assert.deepStrictEqual(endings.map(told), ["lost runner_stuck", "lost runner_stuck"])
        assert.strictEqual(told((yield* house.run("c", "say hello")).endings[0]), "completed")
      })
    )
  )

  it.live("is not one that starts slowly and reads slowly: its long run is as good as a short one [W0-09]", () => {
    // A quarter of what the pipe holds is more than this reader takes within the deadline.
    const script = "sleep 0.5; while dd bs=2048 count=1 2>&- | grep -q .; do sleep 0.05; done"
    const agent = commanded({ file: "/bin/sh", args: ["-c", script] })
    return inHouse({ agent, restart: soonAgain, config: { write_deadline_ms: 300, ...brief } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", "", { params: { prompt: "x".repeat(200_000) } })
        const queued = () => house.supervisor.view().runners[0]?.queuedBytes ?? 0
        const before = queued()
        assert.isAbove(before, 100_000)
        yield* fact("it has read more than the pipe holds", () => queued() < before - 30_000)
        assert.lengthOf(run.endings, 0)
      })
    )
  })

  it.live("makes nobody queue more bytes than are configured [W0-09]", () =>
    inHouse(
      { runner: ["--never-read"], config: { write_queue_bytes: 100_000, write_deadline_ms: 60_000, ...brief } },
      (house) =>
        Effect.gen(function* () {
          const params = { prompt: "say never", text: "x".repeat(300_000) }
          const first = yield* house.open("a", "", { params })
          yield* fact("bytes are queued", () => (house.supervisor.view().runners[0]?.queuedBytes ?? 0) > 100_000)
          const asked = yield* house.ask("b", "", { params })
          assert.propertyVal(yield* refusal(asked), "_tag", "WriteFailed")
          assert.deepStrictEqual([first.words, asked.heard.words], [[], []])
          assert.strictEqual(house.supervisor.view().active, 1)
        })
    )
  )
})
