import { readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { isAlive, rounds } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import { ended, fact, inHouse, runnerPid, upTo } from "./harness.ts"
import { told } from "./heard.ts"

describe("what is left over", () => {
  it.live(
    "of very many runs: no entry, no permit, no process but the one [S0-22 S0-30]",
    () =>
      inHouse({ config: { permits: 100 } }, (house) =>
        Effect.gen(function* () {
          const count = rounds(100_000, 2_000)
          const wish = { outcome: "cancelled", fault: { code: "cancelled", message: "asked for" } } as const
          const words = yield* Effect.forEach(
            upTo(count),
            (n) =>
              Effect.gen(function* () {
                const run = yield* house.open(`run-${n}`, n % 3 === 0 ? "wait 1\nsay hello" : "say hello")
                if (n % 5 === 0) run.run?.stop(wish)
                yield* ended(run)
                return run.endings.length === 1 ? told(run.endings[0]) : "more than one end"
              }),
            { concurrency: 200 }
          )
          assert.deepStrictEqual([...new Set(words)].sort(), ["cancelled cancelled", "completed"])
          yield* fact("all permits are free", () => house.supervisor.view().active === 0)
          assert.deepInclude(house.supervisor.view().runners[0], { runs: 0, abandoned: 0, queuedBytes: 0 })
          const { starts, accepted } = house.supervisor.view().counters
          assert.deepStrictEqual([starts, accepted, house.supervisor.view().waiting], [1, count, 0])
        })
      ),
    600_000
  )

  it.live(
    "of very many processes: no descriptor and no process [S0-07]",
    () =>
      Effect.gen(function* () {
        const once = () => inHouse({}, (house) => Effect.map(house.run("a", "say hello"), () => runnerPid(house)))
        const first = yield* once()
        const descriptors = descriptorCount()
        const pids: Array<number> = []
        for (const _ of upTo(rounds(100, 8))) pids.push(yield* once())
        yield* fact("every descriptor is closed", () => descriptorCount() <= descriptors)
        assert.isFalse([first, ...pids].some(isAlive))
      }),
    600_000
  )
})

function descriptorCount(): number {
  return readdirSync("/proc/self/fd").length
}
