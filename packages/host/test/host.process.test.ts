import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { HostError } from "../src/index.ts"
import {
  assertWhole,
  fact,
  type House,
  inHost,
  recordsIn,
  recordsOf,
  scripted,
  seen,
  tracesIn,
  wordsOf
} from "./house.ts"

describe("a host", () => {
  it.live("records a run from its acceptance to its one end, in memory and in the file alike [S0-28 S0-29 S0-30]", () =>
    inHost({}, (house) =>
      Effect.gen(function* () {
        const run = yield* house.start('say one\ndiag info note\nevent {"type":"usage","usage":{"input_tokens":3}}')
        const records = yield* recordsOf(run)
        assertWhole(records)
        assert.deepStrictEqual(
          wordsOf(records).filter((word) => !word.startsWith("state ") && !word.startsWith("diag")),
          ["started", "event item.completed", "event usage", "ended completed"]
        )
        assert.include(wordsOf(records), "diag runner")
        assert.deepStrictEqual(recordsIn(house.folder, run.runId), records)
        const ended = yield* run.ended
        assert.deepInclude(ended, { outcome: "completed", usage: { input_tokens: 3 } })
        assert.deepInclude(ended.stats, { events: 2, diags: 1 })
        assert.deepStrictEqual(records.at(-1)?.record, ended)
        yield* fact("it is forgotten", () => house.host.find(run.runId) === undefined)
        assert.strictEqual(house.host.view().runs, 0)
      })
    )
  )

  it.live("shows a run to any number of readers, while it goes on and afterwards, from any cursor", () =>
    inHost({ config: { window: { records: 4, bytes: 4096 } } }, (house) =>
      Effect.gen(function* () {
        const file = join(temporaryFolder(), "go")
        const run = yield* house.start(`say begun\nwait-for file ${file}\ndelta 200 x`)
        const early = yield* Effect.forkChild(recordsOf(run), { startImmediately: true })
        yield* seen(run, "event item.completed")
        const late = yield* Effect.forkChild(recordsOf(run, 3), { startImmediately: true })
        assert.strictEqual(house.host.find(run.runId), run)
        writeFileSync(file, "")
        const all = yield* Fiber.join(early)
        assertWhole(all)
        assert.isAbove(all.length, 200)
        assert.deepStrictEqual(yield* Fiber.join(late), all.slice(3))
        assert.deepStrictEqual(yield* recordsOf(run), all)
        assert.deepStrictEqual(yield* recordsOf(run, all.length), [])
      })
    )
  )

  it.live("passes questions of the agent on and brings the answer back", () =>
    inHost({}, (house) =>
      Effect.gen(function* () {
        const run = yield* house.start("ask question How?")
        yield* seen(run, "state waiting")
        run.answer("ask_1", { so: "so" })
        run.answer("ask_1", "too late")
        const records = yield* recordsOf(run)
        assertWhole(records)
        const answers = records.flatMap(({ record }) =>
          record.type === "event" && record.event.type === "scripted.answer" ? [record.event["value"]] : []
        )
        assert.deepStrictEqual(answers, [{ so: "so" }])
        assert.deepStrictEqual(wordsOf(records).slice(-3), [
          "state running",
          "event scripted.answer",
          "ended completed"
        ])
      })
    )
  )
})

describe("a request that is not accepted", () => {
  it.live("is told every problem with its path, and leaves no trace", () =>
    inHost({}, (house) =>
      Effect.gen(function* () {
        const request = { agent: "", prompt: 5, unknown: 1, limits: { run_ms: 0, nothing: 1 }, run_id: "" }
        const error = yield* refused(house, request)
        if (error._tag !== "InvalidRequest") return assert.fail(error._tag)
        for (const path of ["agent", "prompt", "limits.run_ms", "run_id", "unknown", "nothing"]) {
          assert.isTrue(
            error.problems.some((problem) => problem.includes(path)),
            `${path} in ${error.message}`
          )
          assert.include(error.message, path)
        }
        for (const nonsense of [undefined, null, 1, "run", []]) {
          assert.strictEqual((yield* refused(house, nonsense))._tag, "InvalidRequest")
        }
        assert.deepStrictEqual(tracesIn(house.folder), [])
      })
    )
  )

  it.live("says which agents there are, and what an agent that is not here needs", () => {
    const fault = { code: "agent_unavailable", message: "it is not installed", remedy: "Install it." } as const
    const absent = { ...scripted(), name: "absent", launch: () => ({ ok: false, fault }) as const }
    return inHost({ agents: [scripted(), absent] }, (house) =>
      Effect.gen(function* () {
        const unknown = yield* refused(house, { agent: "nobody", prompt: "x" })
        if (unknown._tag !== "UnknownAgent") return assert.fail(unknown._tag)
        assert.include(unknown.remedy, "scripted")
        const missing = yield* refused(house, { agent: "absent", prompt: "x" })
        assert.deepInclude({ ...missing }, { _tag: "AgentUnavailable", remedy: "Install it." })
        assert.strictEqual(missing.message, "it is not installed")
        assert.deepStrictEqual(tracesIn(house.folder), [])
      })
    )
  })

  it.live("takes no id twice, neither while its run goes on nor afterwards [S0-19 W0-06]", () =>
    inHost({}, (house) =>
      Effect.gen(function* () {
        const file = join(temporaryFolder(), "go")
        const again = { agent: "scripted", prompt: "say never", run_id: "mine" }
        const run = yield* house.start(`say begun\nwait-for file ${file}\nsay done`, { run_id: "mine" })
        yield* seen(run, "event item.completed")
        assert.strictEqual((yield* refused(house, again))._tag, "DuplicateRun")
        writeFileSync(file, "")
        const records = yield* recordsOf(run)
        assert.strictEqual((yield* refused(house, again))._tag, "DuplicateRun")
        assert.deepStrictEqual(recordsIn(house.folder, "mine"), records)
        assert.lengthOf(
          records.filter(({ record }) => record.type === "event"),
          2
        )
      })
    )
  )

  it.live("is refused before anything is recorded when no more may wait [W0-13]", () =>
    inHost({ config: { runner: { permits: 1, waiting: 1 } } }, (house) =>
      Effect.gen(function* () {
        const file = join(temporaryFolder(), "go")
        const first = yield* house.start(`say begun\nwait-for file ${file}`)
        yield* seen(first, "event item.completed")
        const second = yield* house.start("say hello")
        yield* seen(second, "state queued")
        assert.strictEqual((yield* refused(house, { agent: "scripted", prompt: "x" }))._tag, "Refused")
        assert.lengthOf(tracesIn(house.folder), 2)
        writeFileSync(file, "")
        assert.strictEqual((yield* second.ended).outcome, "completed")
      })
    )
  )
})

describe("cancelling a run of a host", () => {
  it.live("takes it out of the line at once; the run before it is not disturbed [W0-05]", () =>
    inHost({ config: { runner: { permits: 1 } } }, (house) =>
      Effect.gen(function* () {
        const file = join(temporaryFolder(), "go")
        const first = yield* house.start(`say begun\nwait-for file ${file}\ngauge`)
        yield* seen(first, "event item.completed")
        const queued = yield* house.start("say never")
        yield* seen(queued, "state queued")
        const atOnce = yield* house.start("say never")
        for (const run of [queued, atOnce]) {
          run.cancel("not needed any more")
          run.cancel()
          const { outcome, error } = yield* run.ended
          assert.deepStrictEqual([outcome, error?.message], ["cancelled", "not needed any more"])
          const records = yield* recordsOf(run)
          assertWhole(records)
          assert.lengthOf(
            records.filter(({ record }) => record.type === "event"),
            0
          )
        }
        writeFileSync(file, "")
        const gauge = (yield* recordsOf(first)).find(
          ({ record }) => record.type === "event" && record.event.type === "scripted.gauge"
        )
        assert.nestedPropertyVal(gauge, "record.event.lines", 2)
      })
    )
  )

  it.live("stops it in the middle, and does nothing once it is over [W0-05]", () =>
    inHost({}, (house) =>
      Effect.gen(function* () {
        const run = yield* house.start("say begun\nwait 600000")
        yield* seen(run, "event item.completed")
        run.cancel()
        const records = yield* recordsOf(run)
        assertWhole(records)
        run.cancel("again")
        assert.strictEqual(wordsOf(records).at(-1), "ended cancelled cancelled")
        assert.deepStrictEqual(recordsIn(house.folder, run.runId), records)
      })
    )
  )
})

const refused = (house: House, request: unknown): Effect.Effect<HostError> =>
  Effect.flip(house.host.run(request)).pipe(Effect.catch(() => Effect.die(new Error("the run was accepted"))))
