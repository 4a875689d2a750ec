import { assert, describe, it } from "@effect/vitest"
import { rounds } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { kernelErrorCodes, makeRunner, type Runner } from "../src/index.ts"
import { ended, event, fact, inHouse, refusal, runnerConfig, scripted, upTo } from "./harness.ts"
import { endOf, listen, textsOf, told } from "./heard.ts"

describe("run ids", () => {
  it.live("are the caller's own: the runner repeats them, whatever they look like [S0-18 S0-28]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const ids = ["a", " ", "ünï🎉", 'quote"and\\slash', "line\nbreak", "\u2028", "__proto__", "x".repeat(256)]
        const runs = yield* Effect.forEach(ids, (id) => house.run(id, "say mine"), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          runs.map(textsOf),
          Array.from(ids, () => ["mine"])
        )
        assert.deepInclude(house.supervisor.view().runners[0]?.counts, { unknown_id: 0, stale: 0 })
      })
    )
  )

  it.live("are refused while they are in flight, and the first run is not disturbed [S0-19]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const first = yield* house.open("a", "say ready\nwait-for runs 2\ngauge\nsay done")
        yield* event(first, "item.completed")
        const second = yield* house.ask("a", "say never")
        const error = yield* refusal(second)
        assert.propertyVal(error, "_tag", "DuplicateId")
        assert.propertyVal(error, "id", "a")
        yield* house.run("b", "wait-for runs 2")
        yield* ended(first)
        assert.deepStrictEqual(textsOf(first), ["ready", "done"])
        assert.strictEqual(told(first.endings[0]), "completed")
        assert.deepStrictEqual(second.heard.words, [])
        // The hello and the two accepted runs: nothing was written for the refused one.
        assert.strictEqual((yield* event(first, "scripted.gauge"))["lines"], 3)
      })
    )
  )

  it.live("may be used again after their end, and the new run hears only its own words [S0-22]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        for (const n of upTo(20)) {
          const run = yield* house.run("a", `say ${n}`)
          assert.deepStrictEqual(textsOf(run), [String(n)])
        }
      })
    )
  )

  it.live("are registered before the line is written: no first word is ever missed [S0-20]", () =>
    inHouse({ config: { permits: 1000 } }, (house) =>
      Effect.gen(function* () {
        const runs = yield* Effect.forEach(upTo(rounds(10_000, 300)), (n) => house.run(`run-${n}`, `say ${n}`), {
          concurrency: "unbounded"
        })
        for (const [index, run] of runs.entries()) assert.deepStrictEqual(textsOf(run), [String(index + 1)])
        assert.deepInclude(house.supervisor.view().runners[0]?.counts, { unknown_id: 0, stale: 0 })
      })
    )
  )
})

describe("a runner", () => {
  it.live("that is asked to retire accepts nothing, writes nothing and finishes what it has [S0-21]", () =>
    withRunner((runner) =>
      Effect.gen(function* () {
        const { heard, refused } = open(runner, "a", "say ready\nwait-for end-of-input\ngauge")
        assert.isUndefined(refused)
        yield* event(heard, "item.completed")
        runner.retire()
        assert.propertyVal(open(runner, "b", "say never").refused, "_tag", "RunnerClosed")
        runner.kill()
        yield* runner.gone
        assert.strictEqual(told(yield* Effect.promise(() => endOf(heard))), "completed")
        assert.strictEqual((yield* event(heard, "scripted.gauge"))["lines"], 2)
      })
    )
  )

  it.live("that has died says closed for ever, and what is asked of it has no effect [S0-21 S0-43 S0-45]", () =>
    withRunner((runner) =>
      Effect.gen(function* () {
        const { heard } = open(runner, "a", "crash")
        yield* runner.gone
        for (const n of upTo(3)) {
          assert.propertyVal(open(runner, `late-${n}`, "say never").refused, "_tag", "RunnerClosed")
          runner.stop("a", { outcome: "cancelled", fault: { code: "cancelled", message: "too late" } })
          runner.answer("a", "nothing", true)
          runner.retire()
          runner.kill(true)
        }
        assert.deepStrictEqual(heard.words, ["end lost"])
        assert.deepInclude(runner.view(), { phase: "closed", runs: 0 })
      })
    )
  )

  it("names every way in which a run can be refused by one code [S0-23]", () => {
    assert.deepStrictEqual(kernelErrorCodes, {
      SpawnFailed: "spawn_failed",
      RunnerClosed: "closed",
      DuplicateId: "duplicate_id",
      EncodeFailed: "encode_failed",
      WriteFailed: "write_failed",
      QueueFull: "queue_full",
      WaitTimedOut: "wait_timeout",
      BreakerOpen: "breaker_open"
    })
  })
})

describe("askers that are interrupted", () => {
  it.live("at any moment leave whole lines behind and no entry in any register [W0-08]", () =>
    inHouse({ config: { permits: 4 } }, (house) =>
      Effect.gen(function* () {
        const params = { prompt: "wait 1", padding: "x".repeat(20_000) }
        const all = yield* Effect.forEach(upTo(rounds(500, 60)), (n) =>
          Effect.gen(function* () {
            const asked = yield* house.ask(`run-${n}`, "", { params })
            for (let turn = 0; turn < n % 7; turn++) yield* Effect.promise(nextTurn)
            yield* Fiber.interrupt(asked.fiber)
            return asked.heard
          })
        )
        yield* fact("all permits are free", () => house.supervisor.view().active === 0)
        const last = yield* house.run("last", "gauge")
        const begun = all.filter((heard) => heard.run !== undefined)
        assert.deepInclude(last.events[0], { bad_lines: 0, lines: 2 + begun.length, running: 1 })
        for (const heard of all) assert.lengthOf(heard.endings, heard.run === undefined ? 0 : 1)
        assert.strictEqual(house.supervisor.view().waiting, 0)
      })
    )
  )
})

const withRunner = (body: (runner: Runner) => Effect.Effect<void>) =>
  inHouse({}, () =>
    Effect.flatMap(
      makeRunner({
        agent: scripted(),
        config: runnerConfig(),
        generation: 1,
        hooks: { retired: () => undefined, proved: () => undefined }
      }),
      body
    )
  )

function open(runner: Runner, id: string, prompt: string) {
  const heard = listen(id)
  return { heard, refused: runner.open({ id, params: { prompt }, sink: heard.sink, released: () => undefined }) }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
