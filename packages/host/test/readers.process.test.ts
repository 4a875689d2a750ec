import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { HostRun } from "../src/index.ts"
import { assertWhole, inHost, recordsOf } from "./house.ts"

const pidOf = (house: {
  readonly host: { view(): { agents: ReadonlyArray<{ runners: ReadonlyArray<{ pid: number }> }> } }
}) => house.host.view().agents[0]?.runners.map((runner) => runner.pid)

/** Reads the first batch and leaves. */
const peek = (run: HostRun) =>
  Effect.promise(async () => {
    for await (const _ of run.batches()) break
  })

describe("a reader of a run", () => {
  it.live("neither keeps the runner nor lets it go: the host does, also when every reader has left [S0-48]", () =>
    inHost({}, (house) =>
      Effect.gen(function* () {
        const first = yield* house.start("say one\nwait 50\nsay two")
        yield* peek(first)
        const ended = yield* first.ended
        assert.strictEqual(ended.outcome, "completed")
        const pids = pidOf(house)
        assert.lengthOf(pids ?? [], 1)
        const second = yield* house.start("say three")
        yield* second.ended
        assert.deepStrictEqual(pidOf(house), pids)
        assertWhole(yield* recordsOf(first))
      })
    )
  )

  it.live("changes nothing by leaving once the run is over, however often [S0-49]", () =>
    inHost({}, (house) =>
      Effect.gen(function* () {
        const run = yield* house.start("say one")
        yield* run.ended
        const before = JSON.stringify(yield* recordsOf(run))
        for (let time = 0; time < 3; time++) yield* peek(run)
        run.cancel("nobody is there any more")
        assert.strictEqual(JSON.stringify(yield* recordsOf(run)), before)
        assert.strictEqual(house.host.view().runs, 0)
      })
    )
  )
})
