import { Effect } from "effect"
import { Journal, type JournalWriter } from "../src/lib/Journal.ts"
import { journalFailed, traceNotFound } from "../src/lib/JournalError.ts"
import { readHead, type TraceLine } from "../src/lib/trace-line.ts"

/** A journal for one run, in memory, whose writes fail when a test says so and whose reads take a turn of the loop. */
export function memoryJournal(fails: (write: number) => boolean = () => false) {
  const kept: Array<TraceLine> = []
  const counts = { writes: 0, reads: 0, placed: 0, closes: 0 }
  const writer: JournalWriter = {
    write: (lines) => {
      if (fails(counts.writes++)) return { ok: false, fault: journalFailed("memory", "the test's disk is full") }
      for (const text of lines.split("\n").slice(0, -1)) kept.push(lineOf(text))
      return { ok: true, value: undefined }
    },
    close: () => void counts.closes++
  }
  const journal = Journal.of({
    open: () => Effect.acquireRelease(Effect.succeed(writer), () => Effect.sync(writer.close)),
    read: (runId, { after, through = Number.POSITIVE_INFINITY, records = 3, place }) =>
      Effect.gen(function* () {
        counts.reads++
        if (place === after) counts.placed++
        if (kept.length === 0) return yield* traceNotFound(runId)
        const lines = kept.filter((line) => line.seq > after && line.seq <= through).slice(0, records)
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        return { lines, place: after + lines.length, torn: 0 }
      }),
    list: Effect.succeed([])
  })
  return { journal, kept, counts }
}

function lineOf(text: string): TraceLine {
  const head = readHead(text)
  if (head === undefined) throw new Error(`not a record: ${text}`)
  return { seq: head.seq, status: head.status, text, bytes: Buffer.byteLength(text) }
}
