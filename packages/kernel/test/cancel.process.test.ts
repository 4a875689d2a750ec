import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { StopWish } from "@signalbox/machine"
import { isAlive, rounds, temporaryFolder } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import { ended, event, fact, inHouse, runnerPid, upTo } from "./harness.ts"
import { type Heard, textsOf, told } from "./heard.ts"

const wish: StopWish = { outcome: "cancelled", fault: { code: "cancelled", message: "asked for" } }
const tooLong: StopWish = { outcome: "timed_out", fault: { code: "run_timeout", message: "it took too long" } }
const brief = { stop_grace_ms: 50, term_grace_ms: 50, drain_ms: 300 }

describe("cancelling a run of a runner that can stop its work", () => {
  it.live("ends it once, confirmed, and frees its permit; the others go on [W0-05]", () =>
    inHouse({ config: { permits: 2 } }, (house) =>
      Effect.gen(function* () {
        const other = yield* house.open("other", "say ready\nwait-for end-of-input")
        const run = yield* house.open("a", "say ready\nwait 600000")
        yield* event(run, "item.completed")
        run.run?.stop(wish)
        run.run?.stop(tooLong)
        run.run?.stop(wish)
        assert.deepStrictEqual(yield* ended(run), {
          outcome: "cancelled",
          error: { code: "cancelled", message: "asked for" }
        })
        const next = yield* house.run("next", "say hello")
        run.run?.stop(wish)
        yield* house.run("last", "say hello")
        assert.deepStrictEqual([run.endings.length, next.run?.generation, other.endings.length], [1, 1, 0])
      })
    )
  )

  it.live("tells the runner as soon as it has said hello, also when the wish came before that [W0-05]", () =>
    inHouse({ runner: ["--start-delay", "100"] }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", "wait 600000", { granted: (open) => open.stop(wish) })
        assert.strictEqual(told(yield* ended(run)), "cancelled cancelled")
        assert.notProperty(run.endings[0]?.error, "confirmed")
      })
    )
  )

  it.live("says who won when the cancel meets the end: one terminal, completed or cancelled [W0-05 S0-30]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const outcomes = new Set<string>()
        for (const n of upTo(rounds(2_000, 100))) {
          const run = yield* house.open(`run-${n}`, "wait 1")
          for (let turn = 0; turn < n % 40; turn++) yield* Effect.promise(nextTurn)
          run.run?.stop(wish)
          run.run?.stop(wish)
          outcomes.add(told(yield* ended(run)))
          assert.deepStrictEqual(run.words, [`end ${run.endings[0]?.outcome}`])
        }
        assert.isTrue([...outcomes].every((outcome) => outcome === "completed" || outcome === "cancelled cancelled"))
        yield* fact("all permits are free", () => house.supervisor.view().active === 0)
        assert.deepInclude((yield* house.run("gauge", "gauge")).events[0], { running: 1, bad_lines: 0 })
      })
    )
  )

  it.live("lets a run that completes in spite of it be completed [W0-05]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", "say ready\nwait-for cancel\nsay finishing\nend ok")
        yield* event(run, "item.completed")
        run.run?.stop(wish)
        assert.deepStrictEqual(yield* ended(run), { outcome: "completed" })
        assert.deepStrictEqual(textsOf(run), ["ready", "finishing"])
      })
    )
  )

  it.live("keeps a limit's reason, whatever the runner calls it [W0-17 W0-05]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", "say ready\nwait 600000")
        yield* event(run, "item.completed")
        run.run?.stop(tooLong)
        assert.strictEqual(told(yield* ended(run)), "timed_out run_timeout")
      })
    )
  )
})

describe("cancelling a run that goes on all the same", () => {
  for (const [what, runner, deed] of [
    ["of a runner that promised to stop and does not", [], "ignore-cancel\n"],
    ["of a runner that says it cannot", ["--no-cancel"], ""],
    ["of a runner that says nothing about itself", ["--silent"], ""]
  ] as const) {
    it.live(`tells its readers, and keeps its permit until its own end: ${what} [W0-05 W0-04 W0-06 W0-16]`, () =>
      inHouse({ runner, config: { permits: 2, cancel_grace_ms: 50 } }, (house) =>
        Effect.gen(function* () {
          const file = join(temporaryFolder(), "go")
          const other = yield* house.open("other", "say ready\nwait-for end-of-input")
          const run = yield* house.open("a", `${deed}say ready\nwait-for file ${file}\nsay late\nsay later`)
          yield* Effect.forEach([run, other], (heard) => event(heard, "item.completed"))
          run.run?.stop(wish)
          const { outcome, error } = yield* ended(run)
          assert.deepStrictEqual([outcome, error?.code, error?.["confirmed"]], ["cancelled", "cancelled", false])
          assert.deepInclude(house.supervisor.view(), { active: 2, waiting: 0 })
          const waiting = yield* house.ask("b", "say hello")
          assert.strictEqual(house.supervisor.view().waiting, 1)
          writeFileSync(file, "")
          yield* ended(waiting.heard)
          assert.deepStrictEqual(run.words, ["event item.completed", "end cancelled"])
          assert.deepInclude(house.supervisor.view().runners[0]?.counts, { stale: 3, unknown_id: 0 })
        })
      )
    )
  }

  it.live("replaces a runner that carries nothing but runs which hang [W0-05 W0-17]", () =>
    inHouse({ config: { cancel_grace_ms: 50, ...brief }, restart: { backoff_min_ms: 1 } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", "ignore-cancel\nsay ready\nhang")
        yield* event(run, "item.completed")
        const pid = runnerPid(house)
        run.run?.stop(tooLong)
        assert.strictEqual(told(yield* ended(run)), "timed_out run_timeout")
        assert.strictEqual((yield* house.run("b", "say hello")).run?.generation, 2)
        yield* fact("the hanging one is gone", () => !isAlive(pid))
        assert.lengthOf(run.endings, 1)
      })
    )
  )
})

describe("cancelling a run of a runner that can only be killed", () => {
  const hello = JSON.stringify({ type: "hello", protocol: 1, capabilities: { cancel: "kill" } })
  const patient = { ...brief, term_grace_ms: 20_000 }

  it.live("kills it when it carries nothing else; that is no death, however often it is done [W0-05]", () =>
    inHouse({ runner: ["--hello", hello], config: patient, restart: { breaker_deaths: 2 } }, (house) =>
      Effect.gen(function* () {
        for (const n of upTo(4)) {
          const run: Heard = yield* house.open(`run-${n}`, "say ready\nwait 600000")
          yield* event(run, "item.completed")
          run.run?.stop(wish)
          assert.strictEqual(told(yield* ended(run)), "cancelled cancelled")
          assert.deepInclude(run.endings[0]?.exit, { exit_code: null, signal: "SIGTERM" })
          assert.strictEqual(run.run?.generation, n)
        }
        assert.deepInclude({ ...house.supervisor.view().counters }, { starts: 4, deaths: 0 })
      })
    )
  )

  it.live("leaves it alone as long as another run is in it [W0-05]", () =>
    inHouse({ runner: ["--hello", hello], config: brief }, (house) =>
      Effect.gen(function* () {
        const other = yield* house.open("other", "say ready\nwait-for end-of-input\nsay bye")
        const run = yield* house.open("a", "say ready\nwait-for end-of-input")
        yield* Effect.forEach([run, other], (heard) => event(heard, "item.completed"))
        run.run?.stop(wish)
        assert.strictEqual((yield* ended(run)).error?.["confirmed"], false)
        assert.deepStrictEqual([other.endings.length, isAlive(runnerPid(house))], [0, true])
      })
    )
  )
})

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
