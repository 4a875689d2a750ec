import { assert, describe, it } from "@effect/vitest"
import { isAlive, pidsWithCookie } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import { ended, fact, inHouse, scripted } from "./harness.ts"
import { told } from "./heard.ts"

const brief = { stop_grace_ms: 50, term_grace_ms: 50, drain_ms: 300 }

describe("a program that stays", () => {
  it.live("after the end of its one run gives its place to the next run [W0-04 W0-15]", () => {
    const agent = { ...scripted(["--ignore-eof"]), lifetime: "once" as const }
    return inHouse({ agent, config: { permits: 1, ...brief } }, (house) =>
      Effect.gen(function* () {
        for (const id of ["a", "b", "c"]) {
          const run = yield* house.open(id, "ignore-term\nsay done")
          assert.strictEqual(told(yield* ended(run)), "completed")
        }
        yield* fact("all permits are free", () => house.supervisor.view().active === 0)
        assert.deepStrictEqual(pidsWithCookie(house.token), [])
      })
    )
  })

  it.live("because no signal may reach it is named in the evidence [W0-03]", () =>
    Effect.gen(function* () {
      const kill = process.kill
      let pid = 0
      yield* inHouse({ config: brief }, (house) =>
        Effect.gen(function* () {
          const run = yield* house.open("a", "ignore-term\nsay on\nhang")
          yield* fact("it works", () => run.events.length > 0)
          pid = house.supervisor.view().runners[0]?.pid ?? 0
          // As the system does for the process of another user.
          process.kill = (target, signal) => {
            if (signal !== 0 && Math.abs(target) === pid)
              throw Object.assign(new Error("kill EPERM"), { code: "EPERM" })
            return kill(target, signal)
          }
          house.supervisor.kill(true)
          const { exit } = yield* ended(run)
          assert.deepInclude(exit, { exit_code: null, signal: null, drained: false, left: 1 })
          assert.isTrue(isAlive(pid))
        }).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              process.kill = kill
              if (pid > 1) kill(pid, "SIGKILL")
            })
          )
        )
      )
    })
  )
})
