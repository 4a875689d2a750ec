import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Asked, ended, fact, inHouse, upTo } from "./harness.ts"
import { told } from "./heard.ts"

describe("the successor of a runner that was retired with runs at work", () => {
  it.live("gets only the permits that those runs leave: never more work at once than permits [W0-04 S0-14]", () =>
    inHouse({ config: { permits: 2, stray_count: 5 }, restart: soonAgain }, (house) =>
      Effect.gen(function* () {
        const asked: Array<Asked> = []
        const atWork: Array<number> = []
        for (const n of upTo(5)) {
          asked.push(yield* house.ask(`run-${n}`, "garbage 6\nsay mad\nwait 150\nsay done"))
          const { heard } = asked[n - 1] as Asked
          const { push } = heard.events
          heard.events.push = (event) => {
            atWork.push(
              asked.filter((other) => other.heard.run !== undefined && other.heard.endings.length === 0).length
            )
            return push.call(heard.events, event)
          }
        }
        yield* fact("two work", () => house.supervisor.view().active === 2)
        yield* Effect.forEach(asked, ({ heard }) => ended(heard))
        assert.deepStrictEqual(new Set(asked.map(({ heard }) => told(heard.endings[0]))), new Set(["completed"]))
        assert.strictEqual(Math.max(...atWork), 2)
        assert.isAbove(house.supervisor.view().counters.starts, 2)
        yield* fact("all permits are free", () => house.supervisor.view().active === 0)
      })
    )
  )
})

const soonAgain = { backoff_min_ms: 1, backoff_max_ms: 1, breaker_deaths: 100 }

describe("a place that waits after a death", () => {
  it.live("does not keep a run waiting while another place could start at once [W0-10]", () =>
    inHouse(
      { config: { permits: 1, runners: 2 }, restart: { backoff_min_ms: 60_000, backoff_max_ms: 60_000 } },
      (house) =>
        Effect.gen(function* () {
          assert.strictEqual(told((yield* house.run("a", "exit 1")).endings[0]), "lost runner_exited")
          assert.strictEqual(told((yield* house.run("b", "say hello")).endings[0]), "completed")
          assert.deepStrictEqual(
            house.supervisor.view().places.map(({ phase }) => phase),
            ["backing-off", "up"]
          )
        })
    )
  )
})
