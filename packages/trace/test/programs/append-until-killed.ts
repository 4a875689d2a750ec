import { writeSync } from "node:fs"
import { Effect } from "effect"
import { Recorder, SegmentJournal } from "../../src/index.ts"
import { event, started } from "../bodies.ts"

// Records one run as fast as it can, in bursts, and prints every line at the moment in which its own reader sees it.

const folder = process.argv[2] ?? ""
const window = { records: 64, bytes: 64 * 1024 }

const program = Effect.gen(function* () {
  const recorder = yield* Recorder.make({ runId: "run_a", window })
  recorder.append(started, Date.now())
  let count = 0
  const burst = () => {
    for (let index = 0; index < 1 + (count % 40); index++) {
      recorder.append(event("é".repeat((count++ * 37) % 900)), Date.now())
    }
    setImmediate(burst)
  }
  burst()
  yield* Effect.promise(async () => {
    for await (const lines of recorder.batches()) for (const line of lines) print(`${line.text}\n`)
  })
})

function print(text: string): void {
  const bytes = Buffer.from(text)
  for (let from = 0; from < bytes.length; ) from += writeSync(1, bytes, from)
}

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(SegmentJournal.layer({ folder }))))
