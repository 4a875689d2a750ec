import { assert, describe, it } from "@effect/vitest"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import { commanded, ended, event, inHouse, upTo } from "./harness.ts"
import { textsOf, told } from "./heard.ts"

const brief = { stop_grace_ms: 50, term_grace_ms: 50, drain_ms: 300 }
const soonAgain = { backoff_min_ms: 1, backoff_max_ms: 1 }

describe("a runner's hello", () => {
  it.live("says what the runner is and what it can [W0-16]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        yield* house.run("a", "say hello")
        assert.deepInclude(house.supervisor.view().runners[0], {
          agent: "scripted",
          version: "1",
          capabilities: { cancel: "cooperative", answer: true }
        })
      })
    )
  )

  it.live("is not waited for: a runner that says none works, with the abilities of S0 [W0-16]", () =>
    inHouse({ runner: ["--silent"] }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run("a", "say hello")
        assert.deepStrictEqual([textsOf(run), told(run.endings[0])], [["hello"], "completed"])
        const view = house.supervisor.view().runners[0]
        assert.deepStrictEqual([view?.agent, view?.capabilities], [undefined, {}])
      })
    )
  )

  it.live(
    "may come from a runner of the older protocol that takes `input` and knows no other message [W0-16 S0-26]",
    () =>
      inHouse({ agent: commanded({ ...scriptedRunnerCommand(["--s0"]), profile: "s0" }) }, (house) =>
        Effect.gen(function* () {
          const run = yield* house.run("a", "echo-params\nsay hello\ngauge")
          assert.deepStrictEqual(run.events[0]?.["params"], { input: "echo-params\nsay hello\ngauge" })
          assert.deepInclude(run.events[2], { lines: 1, bad_lines: 0 })
          const slow = yield* house.open("b", "say ready\nwait 50\nsay late")
          yield* event(slow, "item.completed")
          slow.run?.stop({ outcome: "cancelled", fault: { code: "cancelled", message: "asked for" } })
          assert.strictEqual((yield* ended(slow)).error?.["confirmed"], false)
          const last = yield* house.run("c", "wait 60\ngauge")
          assert.strictEqual(last.events[0]?.["lines"], 3, "no cancel was sent")
        })
      )
  )

  it.live("with another protocol ends every run at once with a typed error, and the runner [W0-16]", () => {
    const newer = JSON.stringify({ type: "hello", protocol: 2, agent: "newer", from: "the future" })
    let runner = ["--hello", newer]
    const agent = commanded(() => scriptedRunnerCommand(runner))
    return inHouse({ agent, config: brief, restart: soonAgain }, (house) =>
      Effect.gen(function* () {
        const asked = yield* Effect.forEach(upTo(3), (n) => house.ask(`run-${n}`, "hang"))
        const endings = yield* Effect.forEach(asked, ({ heard }) => ended(heard))
        assert.deepStrictEqual(
          endings.map(told),
          upTo(3).map(() => "failed incompatible_protocol")
        )
        assert.include(endings[0]?.error?.message, "protocol 2")
        runner = []
        assert.strictEqual(told((yield* house.run("b", "say hello")).endings[0]), "completed")
        for (const { heard } of asked) assert.lengthOf(heard.endings, 1)
      })
    )
  })
})

describe("a hello that is required", () => {
  for (const [what, prompt] of [
    ["says nothing", "hang"],
    ["works without saying it", "say here\nhang"]
  ] as const) {
    it.live(`ends the runs of a runner that ${what}, in time [W0-16]`, () =>
      inHouse({ runner: ["--silent"], config: { require_hello: true, hello_ms: 300, ...brief } }, (house) =>
        Effect.gen(function* () {
          const run = yield* house.open("a", prompt)
          assert.strictEqual(told(yield* ended(run)), "timed_out handshake_timeout")
          assert.deepInclude({ ...house.supervisor.view().counters }, { deaths: 1 })
        })
      )
    )
  }

  it.live("is enough when it comes: the runner stays [W0-16]", () =>
    inHouse({ config: { require_hello: true, hello_ms: 20_000 } }, (house) =>
      Effect.gen(function* () {
        const runs = [yield* house.run("a", "say hello"), yield* house.run("b", "say hello")]
        assert.deepStrictEqual(
          runs.map((run) => run.run?.generation),
          [1, 1]
        )
      })
    )
  )
})
