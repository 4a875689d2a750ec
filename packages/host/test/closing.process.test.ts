import { assert, describe, it } from "@effect/vitest"
import { commandAgent } from "@signalbox/agents"
import { pidsWithCookie, rounds, temporaryFolder } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { assertWhole, fact, inHost, recordsIn, recordsOf, scripted, seen, tracesIn, wordsOf } from "./house.ts"

const brief = { cancel_grace_ms: 100, stop_grace_ms: 50, term_grace_ms: 50, drain_ms: 300 }

describe("closing a host", () => {
  it.live("gives every run its one terminal record and lets every reader go [S0-07 S0-30 W0-07]", () =>
    Effect.gen(function* () {
      const folder = temporaryFolder()
      const prompts = ["say begun\nwait 600000", "say begun\nhang", "say begun\nignore-cancel\nwait-for end-of-input"]
      const { ids, readers } = yield* inHost(
        { config: { data_folder: folder, runner: { ...brief, permits: 3 } } },
        (house) =>
          Effect.gen(function* () {
            const running = yield* Effect.forEach(prompts, (prompt) => house.start(prompt))
            yield* Effect.forEach(running, (run) => seen(run, "event item.completed"))
            const waiting = yield* Effect.forEach([1, 2, 3], () => house.start("say never"))
            const runs = [...running, ...waiting]
            const readers = yield* Effect.forEach(runs, (run) =>
              Effect.forkDetach(recordsOf(run), { startImmediately: true })
            )
            return { ids: runs.map((run) => run.runId), readers }
          })
      )
      for (const [index, reader] of readers.entries()) {
        const records = yield* Fiber.join(reader)
        assertWhole(records)
        assert.deepStrictEqual(recordsIn(folder, String(ids[index])), records)
        assert.notInclude(wordsOf(records), "ended completed")
      }
    })
  )

  it.live(
    "at any moment leaves whole traces and no process [S0-30 W0-07 W0-08]",
    () =>
      Effect.gen(function* () {
        for (let round = 0; round < rounds(200, 5); round++) {
          const folder = temporaryFolder()
          yield* inHost({ config: { data_folder: folder, runner: { ...brief, permits: 2 } } }, (house) =>
            Effect.gen(function* () {
              for (let n = 0; n < 6; n++) {
                yield* Effect.forkChild(house.start("say hello\nwait 2"), { startImmediately: true })
                for (let turn = 0; turn < (round * 7 + n) % 9; turn++) yield* Effect.promise(nextTurn)
              }
              for (let turn = 0; turn < (round * 31) % 120; turn++) yield* Effect.promise(nextTurn)
            })
          )
          const traces = tracesIn(folder)
          assert.lengthOf(traces, 6)
          for (const name of traces) assertWhole(recordsIn(folder, name.replace(".ndjson", "")))
        }
      }),
    600_000
  )

  it.live("ends programs that run once, with all they started [S0-07 W0-15]", () =>
    Effect.gen(function* () {
      const folder = temporaryFolder()
      const command = commandAgent({
        file: "/bin/sh",
        args: ["-c", "trap '' TERM; (sleep 600 &) ; echo on; sleep 600"]
      })
      yield* inHost({ agents: [command], config: { data_folder: folder, runner: brief } }, (house) =>
        Effect.gen(function* () {
          const run = yield* Effect.orDie(house.host.run({ agent: "command", prompt: "" }))
          yield* seen(run, "event item.delta")
        })
      )
      const [name = ""] = tracesIn(folder)
      const records = recordsIn(folder, name.replace(".ndjson", ""))
      assertWhole(records)
      assert.strictEqual(wordsOf(records).at(-1), "ended cancelled cancelled")
    })
  )
})

describe("two hosts on one data folder", () => {
  it.live("keep their runs apart and share no id [W0-06 S0-19]", () => {
    const folder = temporaryFolder()
    return inHost({ config: { data_folder: folder } }, (one) =>
      inHost({ config: { data_folder: folder } }, (other) =>
        Effect.gen(function* () {
          const runs = yield* Effect.forEach([one, other, one, other], (house) => house.start("delta 50 x"))
          const all = yield* Effect.forEach(runs, (run) => recordsOf(run))
          for (const records of all) assertWhole(records)
          assert.lengthOf(tracesIn(folder), 4)
          const mine = yield* one.start("say one", { run_id: "mine" })
          const error = yield* Effect.flip(other.host.run({ agent: "scripted", prompt: "say other", run_id: "mine" }))
          assert.strictEqual(error._tag, "DuplicateRun")
          assertWhole(yield* recordsOf(mine))
        })
      )
    )
  })
})

describe("a watchdog of a host", () => {
  it.live("stands by while it lives and leaves when it is closed [W0-15]", () =>
    Effect.gen(function* () {
      const { tokens } = yield* inHost({ watchdog: true, agents: [scripted()] }, (house) =>
        Effect.gen(function* () {
          const run = yield* house.start("env SIGNALBOX_RUNNER")
          const records = yield* recordsOf(run)
          const event = records.flatMap(({ record }) => (record.type === "event" ? [record.event] : []))[0]
          return { tokens: String(event?.["value"]) }
        })
      )
      yield* fact("nothing is left", () => pidsWithCookie(tokens).length === 0)
    })
  )
})

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
