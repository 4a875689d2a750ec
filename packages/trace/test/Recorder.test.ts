import { assert, describe, it } from "@effect/vitest"
import { until } from "@signalbox/proof"
import { Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import fc from "fast-check"
import { expect, it as plainly } from "vitest"
import { Journal } from "../src/lib/Journal.ts"
import type { JournalFailed } from "../src/lib/JournalError.ts"
import { Recorder, type RecorderOptions, recorderOf } from "../src/lib/Recorder.ts"
import { makeTraceLog } from "../src/lib/trace-log.ts"
import type { TraceLine } from "../src/lib/trace-line.ts"
import { ended, event, noon, started } from "./bodies.ts"
import { memoryJournal } from "./MemoryJournal.ts"

const narrow = { records: 4, bytes: 2048 }

describe("a recorder", () => {
  it.effect("gives two readers at different cursors the same lines, live and to the end", () =>
    Effect.gen(function* () {
      const { recorder } = yield* recording()
      const readers = yield* Effect.forEach([0, 2, 3, 99], (after) =>
        Effect.forkChild(Stream.runCollect(recorder.follow({ after })), { startImmediately: true })
      )
      record(recorder, started, event("a"), event("b"), ended)
      const seen = yield* Effect.forEach(readers, Fiber.join)
      assert.deepStrictEqual(seen.map(seqs), [[1, 2, 3, 4], [3, 4], [4], []])
      assert.strictEqual(seen[0]?.[2], seen[1]?.[0])
      assert.strictEqual(recorder.status(), "completed")
    })
  )

  it.effect("reads what has left the window from the journal, and the rest from memory [W0-01]", () =>
    Effect.gen(function* () {
      const { recorder, counts } = yield* recording({ window: { records: 4, bytes: 65_536 } })
      record(recorder, started, ...many(20), ended)
      const seen = yield* Stream.runCollect(recorder.follow())
      assert.deepStrictEqual(seqs(seen), upTo(22))
      assert.strictEqual(counts.reads, 6)
      assert.strictEqual(counts.placed, 5)
      const newest = yield* Stream.runCollect(recorder.follow({ after: 18 }))
      assert.deepStrictEqual(seqs(newest), [19, 20, 21, 22])
      assert.strictEqual(counts.reads, 6)
    })
  )

  it.effect("never shows a line that is in the journal but not committed", () =>
    Effect.gen(function* () {
      const { recorder, kept } = yield* recording({ window: { records: 1, bytes: 65_536 } })
      record(recorder, started, ...many(10))
      recorder.flush()
      kept.push({ seq: 12, status: "in_progress", text: "half written", bytes: 12 })
      const seen: Array<TraceLine> = []
      const reader = recorder.batches()[Symbol.asyncIterator]()
      while (seen.length < 11) seen.push(...(yield* Effect.promise(() => reader.next())).value)
      assert.deepStrictEqual(seqs(seen), upTo(11))
      yield* Effect.promise(async () => reader.return?.())
    })
  )

  it.effect("takes a cursor that is no whole number for the one before it", () =>
    Effect.gen(function* () {
      const { recorder } = yield* recording()
      record(recorder, started, event("a"), ended)
      const seen = yield* Effect.forEach([-3, Number.NaN, 1.9], (after) =>
        Stream.runCollect(recorder.follow({ after }))
      )
      assert.deepStrictEqual(seen.map(seqs), [
        [1, 2, 3],
        [1, 2, 3],
        [2, 3]
      ])
    })
  )

  it.effect("leaves nothing of a reader behind that went away while it waited [S0-33]", () =>
    Effect.gen(function* () {
      const { recorder, log } = yield* bareLog()
      record(recorder, started)
      const gone = yield* Effect.forkChild(Stream.runDrain(recorder.follow()), { startImmediately: true })
      const loop = recorder.batches()[Symbol.asyncIterator]()
      const first = yield* Effect.promise(() => loop.next())
      assert.deepStrictEqual(seqs(first.value), [1])
      const pending = loop.next()
      yield* Effect.promise(() => until("both wait", () => log.waiters.size === 2))
      yield* Fiber.interrupt(gone)
      assert.strictEqual(log.waiters.size, 1)
      yield* Effect.promise(async () => loop.return?.())
      assert.strictEqual(log.waiters.size, 0)
      assert.deepStrictEqual(yield* Effect.promise(() => pending), { done: true, value: undefined })
      record(recorder, event("a"), ended)
      assert.deepStrictEqual(seqs(yield* Stream.runCollect(recorder.follow())), [1, 2, 3])
    })
  )

  it.effect("lets readers go with what is committed when it is closed before the run has ended", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { recorder, counts } = yield* recording({ schedule: () => {} }).pipe(Scope.provide(scope))
      const reader = yield* Effect.forkChild(Stream.runCollect(recorder.follow()), { startImmediately: true })
      record(recorder, started, event("a"))
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(seqs(yield* Fiber.join(reader)), [1, 2])
      assert.strictEqual(counts.closes, 1)
      assert.deepStrictEqual(recorder.append(ended, noon), {
        ok: false,
        fault: { kind: "closed", message: "The recorder is closed." }
      })
    })
  )

  it.effect("closes its file with the ended record, not only with its scope", () =>
    Effect.gen(function* () {
      const { recorder, counts } = yield* recording()
      record(recorder, started, ended)
      assert.strictEqual(counts.closes, 1)
    })
  )

  it.effect("keeps earlier records readable when the journal fails, and gives readers a terminal record", () =>
    Effect.gen(function* () {
      const faults: Array<JournalFailed> = []
      const onFault = (fault: JournalFailed) => void faults.push(fault)
      const { recorder } = yield* recording({ onFault }, (write) => write >= 2)
      record(recorder, started, ...many(9))
      recorder.flush()
      record(recorder, event("lost"))
      recorder.flush()
      record(recorder, ended)
      const seen = yield* Stream.runCollect(recorder.follow())
      assert.deepStrictEqual(seqs(seen), upTo(11))
      assert.deepStrictEqual(seen.map((line) => line.status).slice(-2), ["in_progress", "failed"])
      assert.deepStrictEqual(
        faults.map((fault) => fault._tag),
        ["JournalFailed"]
      )
      assert.deepStrictEqual({ ...recorder.metrics }, { ...recorder.metrics, records: 10, commits: 2, faults: 1 })
    })
  )

  it.effect("hands a reader the typed fault of a journal that cannot be read", () =>
    Effect.gen(function* () {
      const { recorder, kept } = yield* recording()
      record(recorder, started, ...many(9), ended)
      kept.length = 0
      const fault = yield* Effect.flip(Stream.runDrain(recorder.follow()))
      assert.strictEqual(fault.code, "trace_not_found")
    })
  )
})

const anyDeed = fc.oneof(
  { weight: 4, arbitrary: fc.record({ deed: fc.constant("append" as const), count: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ deed: fc.constant("tick" as const), count: fc.constant(1) }) },
  { weight: 1, arbitrary: fc.record({ deed: fc.constant("flush" as const), count: fc.constant(1) }) },
  { weight: 2, arbitrary: fc.record({ deed: fc.constant("breathe" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ deed: fc.constant("join" as const), count: fc.nat({ max: 30 }) }) },
  { weight: 6, arbitrary: fc.record({ deed: fc.constant("read" as const), count: fc.nat({ max: 9 }) }) }
)

describe("every reader", () => {
  plainly(
    "gets each record behind its cursor once and in order, however slow it is and whatever else happens [W0-01 S0-34]",
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(anyDeed, { maxLength: 60 }), fc.nat({ max: 60 }), async (deeds, failing) => {
          await Effect.runPromise(Effect.scoped(Effect.flatMap(handTimed(failing), (stage) => play(stage, deeds))))
        })
      )
  )
})

interface Reader {
  readonly after: number
  readonly seen: Array<TraceLine>
  readonly iterator: AsyncIterator<ReadonlyArray<TraceLine>>
  done: boolean
  busy: Promise<void> | undefined
}

type Stage = Effect.Success<ReturnType<typeof handTimed>>

function handTimed(failing: number) {
  const ticks: Array<() => void> = []
  const options = { schedule: (tick: () => void) => void ticks.push(tick) }
  return Effect.map(
    // Write number `failing` and all behind it are lost; high numbers never come.
    recording(options, (write) => failing > 0 && write >= failing),
    (stage) => ({ ...stage, ticks, readers: [] as Array<Reader> })
  )
}

function play(stage: Stage, deeds: ReadonlyArray<{ readonly deed: string; readonly count: number }>) {
  const { recorder, kept, ticks, readers } = stage
  const deed: Readonly<Record<string, (count: number) => void | Promise<void>>> = {
    append: (count) => record(recorder, ...many(count)),
    tick: () => ticks.splice(0).forEach((tick) => tick()),
    flush: () => recorder.flush(),
    breathe: (count) => turns(count),
    join: (after) => void readers.push(readerOf(recorder, after)),
    read: (which) => {
      const reader = readers[which % Math.max(1, readers.length)]
      if (reader !== undefined) readOn(reader, kept)
    }
  }
  return Effect.promise(async () => {
    record(recorder, started)
    readers.push(readerOf(recorder, 0))
    for (const { deed: name, count } of deeds) await deed[name]?.(count)
    record(recorder, ended)
    while (readers.some((reader) => !reader.done)) {
      for (const reader of readers) readOn(reader, kept)
      await deed["tick"]?.(1)
      await turns(1)
    }
    const whole = kept.map((line) => line.text)
    for (const { after, seen } of readers) {
      const onDisk = seen.filter((line) => line.seq <= whole.length).map((line) => line.text)
      expect(onDisk).toEqual(whole.slice(after))
      if (after < whole.length) expect(seen.at(-1)?.status).toBe(recorder.status())
      expect(seqs(seen)).toEqual(seen.map((_, index) => after + 1 + index))
    }
  })
}

function readerOf(recorder: Recorder, after: number): Reader {
  const iterator = recorder.batches({ after })[Symbol.asyncIterator]()
  return { after, seen: [], iterator, done: false, busy: undefined }
}

function readOn(reader: Reader, kept: ReadonlyArray<TraceLine>): void {
  if (reader.done || reader.busy !== undefined) return
  reader.busy = reader.iterator.next().then(({ done, value }) => {
    reader.busy = undefined
    reader.done = done === true
    if (reader.done) return
    for (const line of value as ReadonlyArray<TraceLine>) {
      if (line.status === "in_progress") expect(kept[line.seq - 1]?.text).toBe(line.text)
      reader.seen.push(line)
    }
  })
}

function recording(options: Partial<RecorderOptions> = {}, fails?: (write: number) => boolean) {
  const memory = memoryJournal(fails)
  return Recorder.make({ runId: "run_a", window: narrow, ...options }).pipe(
    Effect.map((recorder) => ({ ...memory, recorder })),
    Effect.provide(Layer.succeed(Journal, memory.journal))
  )
}

/** A recorder whose log the test can look into. */
function bareLog() {
  const { journal } = memoryJournal()
  return Effect.map(journal.open("run_a"), (writer) => {
    const log = makeTraceLog({
      runId: "run_a",
      window: narrow,
      write: writer.write,
      finish: writer.close,
      schedule: setImmediate,
      byteLength: (text) => Buffer.byteLength(text),
      onFault: () => {}
    })
    return { log, recorder: recorderOf(log, journal) }
  })
}

function record(recorder: Recorder, ...bodies: ReadonlyArray<Parameters<Recorder["append"]>[0]>): void {
  for (const body of bodies) recorder.append(body, noon)
}

function many(count: number) {
  return Array.from({ length: count }, (_, index) => event(`${index}`.repeat(1 + (index % 3) * 300)))
}

function upTo(last: number): ReadonlyArray<number> {
  return Array.from({ length: last }, (_, index) => index + 1)
}

function seqs(lines: ReadonlyArray<TraceLine>): ReadonlyArray<number> {
  return lines.map((line) => line.seq)
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
