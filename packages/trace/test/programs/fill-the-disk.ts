import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Stream } from "effect"
import { Journal, type JournalFailed, Recorder, readTrace, SegmentJournal } from "../../src/index.ts"
import { ended, event, started } from "../bodies.ts"

// Records a run until the disk is full, ends it, and reports as JSON what readers see then.

const folder = process.argv[2] ?? ""

const program = Effect.gen(function* () {
  const faults: Array<JournalFailed> = []
  const recorder = yield* Recorder.make({
    runId: "run_a",
    window: { records: 8, bytes: 1024 * 1024 },
    onFault: (fault) => void faults.push(fault)
  })
  recorder.append(started, Date.now())
  while (faults.length === 0) {
    recorder.append(event("x".repeat(700)), Date.now())
    if (recorder.metrics.records % 7 === 0) yield* Effect.promise(() => new Promise((turn) => setImmediate(turn)))
  }
  const refused = recorder.append(event("late"), Date.now())
  recorder.append(ended, Date.now())
  const live = yield* Stream.runCollect(recorder.follow())
  const kept = yield* Stream.runCollect(readTrace("run_a"))
  const journal = yield* Journal
  const page = yield* journal.read("run_a", { after: 0 })
  const file = readFileSync(join(folder, "runs", "run_a.ndjson"), "utf8")
  return {
    faults: faults.map(({ code, reason, remedy }) => ({ code, reason, remedy })),
    refused,
    seqs: live.map((line) => line.seq),
    last: JSON.parse(live.at(-1)?.text ?? "{}"),
    keptEqualsLive: JSON.stringify(kept) === JSON.stringify(live),
    fileEqualsLive: file === live.map((line) => `${line.text}\n`).join(""),
    torn: page.torn,
    metrics: recorder.metrics
  }
})

const report = await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(SegmentJournal.layer({ folder }))))
console.log(JSON.stringify(report))
