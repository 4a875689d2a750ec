import { assert, describe, it } from "@effect/vitest"
import { commandAgent } from "@signalbox/agents"
import type { StopWish } from "@signalbox/machine"
import { isAlive } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { RunnableAgent } from "../src/index.ts"
import { ended, fact, inHouse, refusal, upTo } from "./harness.ts"
import { type Heard, told } from "./heard.ts"

const wish: StopWish = { outcome: "cancelled", fault: { code: "cancelled", message: "asked for" } }
const brief = { stop_grace_ms: 50, term_grace_ms: 50, drain_ms: 300 }

describe("a program that is started for each run", () => {
  it.live("gets the prompt as its whole input, and its exit decides", () =>
    inHouse({ agent: shell("cat; echo oops >&2; exit $0", "0") }, (house) =>
      Effect.gen(function* () {
        const runs = yield* Effect.forEach(["one", "two\nlines", ""], (prompt) => house.run(prompt, prompt))
        assert.deepStrictEqual(runs.map(outputOf), ["one", "two\nlines", ""])
        for (const run of runs) {
          assert.strictEqual(told(run.endings[0]), "completed")
          assert.deepInclude(run.endings[0]?.exit, { exit_code: 0, stderr_tail: "oops", drained: true, swept: 0 })
        }
        assert.deepInclude({ ...house.supervisor.view().counters }, { starts: 3, accepted: 3 })
      })
    )
  )

  it.live("fails its run, and no other, when it fails", () =>
    inHouse({ agent: shell("cat > /dev/null; exit $0", "7") }, (house) =>
      Effect.gen(function* () {
        for (const id of upTo(10).map(String)) {
          const run = yield* house.run(id, "x")
          assert.strictEqual(told(run.endings[0]), "failed exit_nonzero")
          assert.strictEqual(run.endings[0]?.exit?.exit_code, 7)
        }
      })
    )
  )

  it.live("is killed with all it started when its run is to stop, and says who asked [W0-05 W0-15]", () =>
    inHouse({ agent: shell("sleep 600 & echo $! ; trap '' TERM; sleep 600", ""), config: brief }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", "x")
        yield* fact("it has said a pid", () => /\d+/.test(outputOf(run)))
        run.run?.stop(wish)
        run.run?.stop({ outcome: "timed_out", fault: { code: "run_timeout", message: "too long" } })
        const { outcome, exit } = yield* ended(run)
        assert.deepStrictEqual([outcome, exit?.exit_code], ["cancelled", null])
        assert.isFalse(isAlive(Number(outputOf(run))))
        assert.lengthOf(run.endings, 1)
      })
    )
  )

  it.live("waits for its place in the line, first come, first served [S0-13 W0-04]", () =>
    inHouse({ agent: shell("cat", ""), config: { permits: 2, waiting: 6 } }, (house) =>
      Effect.gen(function* () {
        const order: Array<string> = []
        let most = 0
        const asked = yield* Effect.forEach(upTo(9).map(String), (id) =>
          house.ask(id, "x", {
            granted: () => {
              order.push(id)
              most = Math.max(most, house.supervisor.view().active)
            }
          })
        )
        assert.propertyVal(yield* refusal(asked.at(-1) as (typeof asked)[number]), "_tag", "QueueFull")
        yield* Effect.forEach(asked.slice(0, 8), ({ heard }) => ended(heard))
        assert.deepStrictEqual([...order].sort(), upTo(8).map(String))
        assert.strictEqual(most, 2, "never more programs at once than places")
        assert.deepStrictEqual(
          order
            .slice(2)
            .map(Number)
            .every((id, at) => Math.abs(id - at - 3) <= 1),
          true
        )
        yield* fact("all places are free", () => house.supervisor.view().active === 0)
      })
    )
  )

  it.live("refuses its own run when it cannot be started, and gives the place back [S0-06 S0-16]", () =>
    inHouse({ agent: agentOf({ file: "/nowhere/at/all" }), config: { permits: 1 } }, (house) =>
      Effect.gen(function* () {
        for (const id of upTo(3).map(String)) {
          const asked = yield* house.ask(id, "x")
          assert.propertyVal(yield* refusal(asked), "_tag", "SpawnFailed")
          assert.deepStrictEqual(asked.heard.words, [])
        }
        assert.strictEqual(house.supervisor.view().active, 0)
      })
    )
  )

  it.live("answers everybody when the house is closed while it starts, runs or waits [W0-07 S0-30]", () =>
    Effect.gen(function* () {
      for (const turns of [0, 1, 2, 3, 5, 8, 13, 21, 50]) {
        const asked = yield* inHouse(
          { agent: shell("exec sleep 600", ""), config: { permits: 2, ...brief } },
          (house) =>
            Effect.gen(function* () {
              const asked = yield* Effect.forEach(upTo(5), (n) => house.ask(String(n), "x"))
              for (let turn = 0; turn < turns; turn++) yield* Effect.promise(nextTurn)
              return asked
            })
        )
        for (const { heard, fiber } of asked) {
          const { _tag } = yield* Fiber.await(fiber)
          assert.strictEqual(_tag, heard.run === undefined ? "Failure" : "Success")
          assert.lengthOf(heard.endings, heard.run === undefined ? 0 : 1)
        }
      }
    })
  )
})

function shell(script: string, zero: string): RunnableAgent {
  return agentOf({ file: "/bin/sh", args: ["-c", script, ...(zero === "" ? [] : [zero])] })
}

function agentOf(command: { readonly file: string; readonly args?: ReadonlyArray<string> }): RunnableAgent {
  const { name, lifetime, dialect } = commandAgent(command)
  return { name, lifetime, dialect, launch: () => ({ ok: true, command: { args: [], ...command } }) }
}

/** What the program printed, put together again from the events. */
function outputOf(run: Heard): string {
  return run.events
    .filter((found) => found.type === "item.delta")
    .map((found) => String(found["delta"]))
    .join("")
    .trimEnd()
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
