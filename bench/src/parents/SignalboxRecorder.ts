// Ours with the trace: every event is encoded once and written to the run's journal.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { RunSink } from "@signalbox/kernel"
import { Recorder, SegmentJournal } from "@signalbox/trace"
import * as Effect from "effect/Effect"
import { idOfRun, type MuxOrder } from "../flood-order.ts"
import { orderOf, report } from "../measure-in-process.ts"
import { makeMeter } from "./meter.ts"
import { carryRuns, processesHere } from "./Signalbox.ts"

const order = orderOf<MuxOrder>()
const meter = makeMeter(order)
const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"))
try {
  const recorded = Effect.scoped(
    Effect.gen(function* () {
      const sinks = new Map<string, Pick<RunSink, "event" | "end">>()
      for (let run = 0; run < order.runs; run++) {
        const recorder = yield* Recorder.make({ runId: idOfRun(run) })
        sinks.set(recorder.runId, sinkInto(recorder))
      }
      yield* carryRuns(order, meter, (id) => sinks.get(id) as Pick<RunSink, "event" | "end">)
    })
  )
  await Effect.runPromise(
    recorded.pipe(Effect.provide(processesHere), Effect.provide(SegmentJournal.layer({ folder })))
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
meter.judge()
await report(await meter.finished)

function sinkInto(recorder: Recorder): Pick<RunSink, "event" | "end"> {
  const { runId } = recorder
  const prompt = { sha256: "", bytes: 0 }
  let events = 0
  recorder.append({ type: "started", agent: "stdio", principal: "bench", attempt: 1, prompt }, Date.now())
  return {
    event: (event) => {
      events++
      const taken = recorder.append({ type: "event", event }, Date.now())
      if (!taken.ok) throw new Error(taken.fault.message)
      meter.hear(runId, event)
    },
    end: ({ outcome }) => {
      const stats = { events, diags: 0, wait_ms: 0, duration_ms: 0 }
      recorder.append({ type: "ended", outcome, stats }, Date.now())
    }
  }
}
