import { setImmediate as turn } from "node:timers/promises"
import { Effect } from "effect"
import { Recorder, SegmentJournal } from "../../src/index.ts"
import { ended, event, started } from "../bodies.ts"

// One run records 200 MB, and its reader stops after the first batch; nine others record 1,000 events each beside it,
// and their readers read on. Reports as JSON how far the flood was when the nine were read, and what memory it took:
// at most, and what was still held after a collection. Wants --expose-gc.

const folder = process.argv[2] ?? ""
const floodBytes = 200 * 1024 * 1024
const piece = event("x".repeat(1024))

const program = Effect.gen(function* () {
  const flood = yield* Recorder.make({ runId: "run_flood" })
  const nine = yield* Effect.forEach(upTo(9), (index) => Recorder.make({ runId: `run_${index}` }))
  for (const recorder of [flood, ...nine]) recorder.append(started, Date.now())
  const sleeper = flood.batches()[Symbol.asyncIterator]()
  yield* Effect.promise(() => sleeper.next())
  return yield* Effect.promise(async () => {
    const heldBefore = held()
    const rssBefore = process.memoryUsage.rss()
    let rssMost = rssBefore
    let floodedWhenNineWereRead = 0
    const reading = Promise.all(nine.map(countLines)).then((counts) => {
      floodedWhenNineWereRead = flood.metrics.bytes
      return counts
    })
    const recording = nine.map(recordThousand)
    while (flood.metrics.bytes < floodBytes) {
      for (let index = 0; index < 64; index++) flood.append(piece, Date.now())
      await turn()
      rssMost = Math.max(rssMost, process.memoryUsage.rss())
    }
    await Promise.all(recording)
    const counts = await reading
    const flooded = flood.metrics.bytes
    return { counts, flooded, floodedWhenNineWereRead, rssGrowth: rssMost - rssBefore, heldGrowth: held() - heldBefore }
  })
})

function held(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function recordThousand(recorder: Recorder): Promise<void> {
  for (let index = 0; index < 1000; index++) {
    recorder.append(event(`${index}`), Date.now())
    if (index % 16 === 0) await turn()
  }
  recorder.append(ended, Date.now())
}

async function countLines(recorder: Recorder): Promise<number> {
  let count = 0
  for await (const lines of recorder.batches()) count += lines.length
  return count
}

function upTo(last: number): ReadonlyArray<number> {
  return Array.from({ length: last }, (_, index) => index + 1)
}

const report = await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(SegmentJournal.layer({ folder }))))
console.log(JSON.stringify(report))
