import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import { assertWhole, inHost, recordsOf, seen, wordsOf } from "./house.ts"

const stories = [
  ["run_timeout", "a run that takes too long", "say one\nwait 600000", { run_ms: 150 }],
  ["idle_timeout", "a run that says one thing and hangs", "say one\nhang", { idle_ms: 150 }],
  ["first_output_timeout", "a run that says nothing at all", "hang", { first_output_ms: 150 }],
  ["run_timeout", "a run that talks for ever", "wait 100\nsay x\n".repeat(300), { run_ms: 400, idle_ms: 20_000 }]
] as const

describe("a limit", () => {
  for (const [code, what, prompt, limits] of stories) {
    it.live(`ends ${what} once, as ${code} [W0-17]`, () =>
      inHost({ config: { runner: { cancel_grace_ms: 50, stop_grace_ms: 50, term_grace_ms: 50 } } }, (house) =>
        Effect.gen(function* () {
          const run = yield* house.start(prompt, { limits })
          const records = yield* recordsOf(run)
          assertWhole(records)
          assert.strictEqual(wordsOf(records).at(-1), `ended timed_out ${code}`)
          const next = yield* house.start("say hello")
          assert.strictEqual((yield* next.ended).outcome, "completed", "the agent serves on")
        })
      )
    )
  }

  it.live("of the wait for a permit ends a run that was never handed over [W0-13 W0-17]", () =>
    inHost({ config: { runner: { permits: 1 } } }, (house) =>
      Effect.gen(function* () {
        const file = join(temporaryFolder(), "go")
        const first = yield* house.start(`say begun\nwait-for file ${file}`)
        yield* seen(first, "event item.completed")
        const second = yield* house.start("say never", { limits: { wait_ms: 50 } })
        assert.deepStrictEqual(wordsOf(yield* recordsOf(second)), [
          "started",
          "state queued",
          "ended timed_out wait_timeout"
        ])
        writeFileSync(file, "")
        assert.strictEqual((yield* first.ended).outcome, "completed")
      })
    )
  )

  it.live("of the configuration holds for every run, and a run may set its own [W0-17]", () =>
    inHost({ config: { run: { run_ms: 200 } } }, (house) =>
      Effect.gen(function* () {
        const short = yield* house.start("say begun\nwait 600000")
        const long = yield* house.start("say begun\nwait 600", { limits: { run_ms: 60_000 } })
        assert.strictEqual((yield* short.ended).error?.code, "run_timeout")
        assert.strictEqual((yield* long.ended).outcome, "completed")
      })
    )
  )
})
