import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { isAlive, rounds, temporaryFolder } from "@signalbox/proof"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { commanded, ended, event, fact, type House, inHouse, refusal, runnerPid, upTo } from "./harness.ts"
import { told } from "./heard.ts"

const unbreakable = { backoff_min_ms: 1, backoff_max_ms: 1, breaker_deaths: 1_000_000 }

describe("a runner that is killed", () => {
  it.live(
    "loses what it carries, each once; who waits is served by the next generation [W0-10 S0-42 S0-43]",
    () =>
      inHouse({ config: { permits: 2 }, restart: unbreakable }, (house) =>
        Effect.gen(function* () {
          for (const round of upTo(rounds(100, 6))) {
            const carried = yield* Effect.forEach(["a", "b"], (id) => house.open(`${id}-${round}`, "say ready\nhang"))
            yield* Effect.forEach(carried, (run) => event(run, "item.completed"))
            const queued = yield* Effect.forEach(upTo(3), (n) => house.ask(`queued-${round}-${n}`, "say hello"))
            const pid = runnerPid(house)
            process.kill(pid, "SIGKILL")
            for (const ending of yield* Effect.forEach(carried, ended)) {
              assert.strictEqual(told(ending), "lost runner_exited")
              assert.deepInclude(ending.exit, { exit_code: null, signal: "SIGKILL" })
            }
            for (const { heard } of queued) {
              assert.strictEqual(told(yield* ended(heard)), "completed")
              assert.strictEqual(heard.run?.generation, 2 * round)
            }
            process.kill(runnerPid(house), "SIGKILL")
            yield* fact("the idle one is gone as well", () => house.supervisor.view().counters.deaths === 2 * round)
            yield* skipOneGeneration(house, round)
            assert.isFalse(isAlive(pid))
            for (const run of carried) assert.lengthOf(run.endings, 1)
          }
        })
      ),
    600_000
  )

  it.live("comes back after a delay and not before [W0-10]", () =>
    inHouse({ restart: { backoff_min_ms: 600_000, backoff_max_ms: 600_000 } }, (house) =>
      Effect.gen(function* () {
        assert.strictEqual(told((yield* house.run("a", "crash")).endings[0]), "lost runner_exited")
        const waiting = yield* house.ask("b", "say hello")
        yield* Effect.promise(nextTurn)
        assert.deepInclude(house.supervisor.view().places[0], { phase: "backing-off", wanted: true, generation: 1 })
        assert.strictEqual(house.supervisor.view().waiting, 1)
        yield* Fiber.interrupt(waiting.fiber)
      })
    )
  )
})

describe("a runner that dies too often", () => {
  it.live("is not started any more for a while: who asks hears when the next try is [W0-10]", () =>
    inHouse({ restart: { ...unbreakable, breaker_deaths: 3, breaker_open_ms: 600_000 } }, (house) =>
      Effect.gen(function* () {
        for (const id of ["a", "b", "c"]) {
          assert.strictEqual(told((yield* house.run(id, "crash")).endings[0]), "lost runner_exited")
        }
        const before = Date.now()
        const error = yield* refusal(yield* house.ask("d", "say hello"))
        if (error === "handed over" || error._tag !== "BreakerOpen") return assert.fail(JSON.stringify(error))
        assert.isAbove(error.retryAtMs, before)
        assert.isAtMost(error.retryAtMs, Date.now() + 600_000)
        assert.include(error.message, new Date(error.retryAtMs).toISOString())
        assert.deepInclude(house.supervisor.view().places[0], { phase: "open", breaker: "open", deaths: 3 })
        assert.strictEqual(house.supervisor.view().counters.starts, 3)
      })
    )
  )

  it.live("refuses also those who waited when the breaker opened [W0-10]", () =>
    inHouse({ config: { permits: 1 }, restart: { breaker_deaths: 1, breaker_open_ms: 600_000 } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", "say ready\nhang")
        yield* event(run, "item.completed")
        const waiting = yield* Effect.forEach(upTo(3), (n) => house.ask(`waiting-${n}`, "say never"))
        process.kill(runnerPid(house), "SIGKILL")
        for (const error of yield* Effect.forEach(waiting, refusal)) assert.propertyVal(error, "_tag", "BreakerOpen")
        assert.strictEqual(house.supervisor.view().waiting, 0)
      })
    )
  )

  it.live("is tried once when the time is over: dying again opens the breaker, a good run closes it [W0-10]", () => {
    let good = false
    const agent = commanded(() => scriptedRunnerCommand(good ? [] : ["--exit-at-once", "9"]))
    return inHouse({ agent, restart: { ...unbreakable, breaker_deaths: 2, breaker_open_ms: 1 } }, (house) =>
      Effect.gen(function* () {
        const breaker = () => house.supervisor.view().places[0]?.breaker
        for (const id of ["a", "b", "c"]) {
          yield* askUntilServed(house, id)
          if (id !== "a") yield* fact("it is half-open", () => breaker() === "half-open")
        }
        good = true
        yield* askUntilServed(house, "d")
        assert.strictEqual(breaker(), "closed")
        assert.deepInclude({ ...house.supervisor.view().counters }, { starts: 4, deaths: 3 })
      })
    )
  })
})

describe("several runners of one agent", () => {
  it.live("are started one by one as permits run out, and share the runs", () =>
    inHouse({ config: { permits: 2, runners: 3 } }, (house) =>
      Effect.gen(function* () {
        const runs = yield* Effect.forEach(upTo(6), (n) => house.open(`run-${n}`, "process\nwait-for end-of-input"))
        const pids = (yield* Effect.forEach(runs, (run) => event(run, "scripted.process"))).map(({ pid }) => pid)
        assert.deepStrictEqual([new Set(pids).size, house.supervisor.view().counters.starts], [3, 3])
        const asked = yield* house.ask("one-more", "say hello")
        assert.strictEqual(house.supervisor.view().waiting, 1)
        process.kill(Number(pids[0]), "SIGKILL")
        yield* ended(asked.heard)
        const lost = runs.filter((run) => run.endings.length > 0)
        assert.lengthOf(lost, 2)
      })
    )
  )

  it.live("do not fail who waits when a further one cannot be started", () => {
    const link = join(temporaryFolder(), "runner")
    symlinkSync(process.execPath, link)
    let starts = 0
    const { args } = scriptedRunnerCommand()
    const agent = commanded(() => ({ file: starts++ < 2 ? link : join(link, "missing"), args }))
    return inHouse({ agent, config: { permits: 1, runners: 2 } }, (house) =>
      Effect.gen(function* () {
        const first = yield* house.open("a", "say ready\nwait-for runs 2\nwait 50")
        yield* event(first, "item.completed")
        const second = yield* house.ask("b", "say hello")
        yield* fact("the second start failed", () => house.supervisor.view().counters.failedStarts > 0)
        assert.deepStrictEqual(second.heard.words, [])
        first.run?.stop({ outcome: "cancelled", fault: { code: "cancelled", message: "make room" } })
        assert.strictEqual(told(yield* ended(second.heard)), "completed")
      })
    )
  })
})

/** Nobody waits after an idle death, so nothing is started; the place is ready for the next generation. */
const skipOneGeneration = (house: House, round: number) =>
  Effect.gen(function* () {
    yield* fact("nothing runs", () => house.supervisor.view().runners.length === 0)
    assert.strictEqual(house.supervisor.view().counters.starts, 2 * round)
  })

/** Asks again while the breaker refuses, as a caller would. */
const askUntilServed = (house: House, id: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (;;) {
      const asked = yield* house.ask(id, "say hello")
      const answer = yield* refusal(asked)
      if (answer === "handed over") return void (yield* ended(asked.heard))
      assert.strictEqual(answer._tag, "BreakerOpen")
      yield* Effect.promise(nextTurn)
    }
  })

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
