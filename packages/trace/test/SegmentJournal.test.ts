import { spawnSync } from "node:child_process"
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@signalbox/proof"
import { Effect, Exit, Logger, Scope, Stream } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Journal, readTrace, Recorder, SegmentJournal, type TraceLine } from "../src/index.ts"
import { makeRecordEncoder, encodeRecord } from "../src/lib/trace-line.ts"
import { ended, event, noon, started } from "./bodies.ts"

describe("the folder of segments", () => {
  it("is private, and so is every file in it", async () => {
    const folder = join(temporaryFolder(), "state", "signalbox")
    await inJournal(folder, recordRun("run_a", 3))
    expect(modes(folder, join(folder, "runs"), join(folder, "runs", "run_a.ndjson"))).toEqual(["700", "700", "600"])
  })

  it("becomes private when it was not, while the data folder of the operator is left as it is", async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, "runs"))
    chmodSync(join(folder, "runs"), 0o755)
    chmodSync(folder, 0o750)
    await inJournal(folder, recordRun("run_a", 3))
    expect(modes(folder, join(folder, "runs"))).toEqual(["750", "700"])
  })

  it.each([
    ["a link", (runs: string, folder: string) => symlinkSync(folder, runs), "Remove the symbolic link"],
    ["a file", (runs: string) => writeFileSync(runs, ""), "runs"]
  ])("is refused when %s stands in its place", async (_, place, remedy) => {
    const folder = temporaryFolder()
    place(join(folder, "runs"), temporaryFolder())
    const fault = await inJournal(folder, Effect.void).catch((error: unknown) => error)
    expect(fault).toMatchObject({ _tag: "JournalFailed", code: "journal_failed" })
    expect(String((fault as Error).message)).toContain(remedy)
  })

  it("lists every run, also those with foreign ids, and nothing else", async () => {
    const folder = temporaryFolder()
    const runIds = ["run_b", "run_a", "../../etc/passwd", "Run_a", "é".repeat(100), "."]
    for (const runId of runIds) await inJournal(folder, recordRun(runId, 1))
    writeFileSync(join(folder, "runs", "notes.txt"), "")
    mkdirSync(join(folder, "runs", "run_c.ndjson"))
    const listed = await inJournal(
      folder,
      Effect.flatMap(Journal, (journal) => journal.list)
    )
    expect(listed).toEqual([...runIds].sort())
    expect(readdirSync(join(folder, "runs"))).toHaveLength(runIds.length + 2)
  })

  it("keeps the traces of all ids apart, whatever is in the ids", async () => {
    const folder = temporaryFolder()
    for (const runId of ["a", "A", "a/../a", "\ud800", "\ufffd", "x".repeat(256)]) {
      await inJournal(folder, recordRun(runId, 1))
      const lines = await inJournal(folder, Stream.runCollect(readTrace(runId)))
      expect(lines.map((line) => JSON.parse(line.text).run_id)).toEqual([runId, runId, runId])
    }
  })
})

describe("beginning a trace", () => {
  it("refuses a second recorder of the same run and leaves the first alone", async () => {
    const folder = temporaryFolder()
    const faults = await inJournal(
      folder,
      Effect.gen(function* () {
        const recorder = yield* Recorder.make({ runId: "run_a" })
        recorder.append(started, noon)
        const during = yield* Effect.flip(Recorder.make({ runId: "run_a" }))
        recorder.append(ended, noon)
        const afterwards = yield* Effect.flip(Recorder.make({ runId: "run_a" }))
        return [during, afterwards]
      })
    )
    expect(faults).toMatchObject([{ code: "duplicate_id" }, { code: "duplicate_id", runId: "run_a" }])
    expect(recordsIn(folder, "run_a")).toHaveLength(2)
  })

  it("does not follow a link that stands in the place of the file", async () => {
    const folder = temporaryFolder()
    const elsewhere = join(temporaryFolder(), "elsewhere")
    mkdirSync(join(folder, "runs"))
    symlinkSync(elsewhere, join(folder, "runs", "run_a.ndjson"))
    const fault = await inJournal(folder, Effect.flip(Recorder.make({ runId: "run_a" })))
    expect(fault.code).toBe("duplicate_id")
    expect(existsSync(elsewhere)).toBe(false)
  })

  it("leaves nothing behind of a run that was never accepted", async () => {
    const folder = temporaryFolder()
    await inJournal(folder, Recorder.make({ runId: "run_a" }))
    expect(readdirSync(join(folder, "runs"))).toEqual([])
  })

  it("holds one descriptor per run until it has ended, and none for readers", async () => {
    const folder = temporaryFolder()
    await inJournal(
      folder,
      Effect.gen(function* () {
        const recorder = yield* Recorder.make({ runId: "run_a", window: { records: 1, bytes: 1024 } })
        const reader = recorder.batches()[Symbol.asyncIterator]()
        for (const body of [started, event("a"), event("b")]) recorder.append(body, noon)
        recorder.flush()
        yield* Effect.promise(() => reader.next())
        expect(descriptors(folder)).toBe(1)
        recorder.append(ended, noon)
        expect(descriptors(folder)).toBe(0)
      })
    )
  })

  it("closes the file with the scope when the run did not end", async () => {
    const folder = temporaryFolder()
    const scope = Scope.makeUnsafe()
    const recorder = await Effect.runPromise(
      Recorder.make({ runId: "run_a" }).pipe(
        Effect.provide(SegmentJournal.layer({ folder })),
        Effect.provideService(Scope.Scope, scope)
      )
    )
    for (const body of [started, event("a")]) recorder.append(body, noon)
    expect(descriptors(folder)).toBe(1)
    await Effect.runPromise(Scope.close(scope, Exit.void))
    expect(descriptors(folder)).toBe(0)
    expect(recordsIn(folder, "run_a")).toHaveLength(2)
  })
})

describe("reading a kept trace", () => {
  it("says that a run is unknown, with a remedy", async () => {
    const fault = await inJournal(temporaryFolder(), Effect.flip(Stream.runDrain(readTrace("run_x"))))
    expect(fault).toMatchObject({ _tag: "TraceNotFound", code: "trace_not_found", runId: "run_x" })
    expect(fault.message).toContain("Check the run id")
  })

  it("gives from every cursor, and with pages of every size, exactly the lines of the file behind it", async () => {
    const folder = temporaryFolder()
    // Short lines, lines that are longer than what is read at once, and so many that a cursor has to be searched.
    const texts = await written(folder, "run_a", (index) => "é".repeat(index % 97 === 0 ? 70_000 : index % 300), 1500)
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: texts.length + 3 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 300_000 }),
        async (after, records, bytes) => {
          const page = await inJournal(folder, read("run_a", { after, records, bytes }))
          expect(page.lines.map((line) => line.text)).toEqual(texts.slice(after, after + page.lines.length))
          expect(page.lines.length > 0).toBe(after < texts.length)
          expect(page.lines.length).toBeLessThanOrEqual(records)
          expect(sum(page.lines.slice(0, -1))).toBeLessThan(bytes)
          const next = { after: after + page.lines.length, records, bytes }
          const placed = await inJournal(folder, read("run_a", { ...next, place: page.place }))
          expect(placed.lines).toEqual((await inJournal(folder, read("run_a", next))).lines)
        }
      )
    )
  })

  it("reads no line above the one that it is told to stop at", async () => {
    const folder = temporaryFolder()
    await inJournal(folder, recordRun("run_a", 10))
    const page = await inJournal(folder, read("run_a", { after: 4, through: 7 }))
    expect(page.lines.map((line) => line.seq)).toEqual([5, 6, 7])
  })

  it("shows of a file that was cut anywhere every whole line, and says how much is torn", async () => {
    const folder = temporaryFolder()
    const texts = await written(folder, "run_a", (index) => "é".repeat(index * 5), 6)
    const path = join(folder, "runs", "run_a.ndjson")
    const whole = readFileSync(path)
    for (let length = whole.length; length >= 0; length--) {
      truncateSync(path, length)
      const lines = Buffer.from(whole.subarray(0, length)).toString("latin1").split("\n")
      const page = await inJournal(folder, read("run_a", { after: 0 }))
      expect(page.lines.map((line) => line.text)).toEqual(texts.slice(0, lines.length - 1))
      expect(page.torn).toBe(lines.at(-1)?.length)
      const later = await inJournal(folder, read("run_a", { after: 5 }))
      expect(later.lines).toHaveLength(lines.length - 1 > 5 ? lines.length - 6 : 0)
    }
  })

  it("ends before a torn line, and says so in the log", async () => {
    const folder = temporaryFolder()
    const texts = await written(folder, "run_a", () => "x", 6)
    appendFileSync(join(folder, "runs", "run_a.ndjson"), '{"run_id":"run_a","seq":9')
    const logged: Array<unknown> = []
    const logger = Logger.layer([Logger.make((entry) => void logged.push(entry.logLevel, entry.message))])
    const lines = await inJournal(
      folder,
      Stream.runCollect(readTrace("run_a", { after: 2 })).pipe(Effect.provide(logger))
    )
    expect(lines.map((line) => line.text)).toEqual(texts.slice(2))
    expect(logged).toEqual(["Warn", [expect.stringContaining("run_a ends in 25 bytes")]])
  })

  it.each([
    ["zeros", "\0".repeat(100)],
    ["a record of another run", encoded("run_b", 4)],
    ["a record out of its place", encoded("run_a", 5)],
    ["other JSON", "{}"]
  ])("gives the records before %s in the file, then a typed fault that names the place", async (_, line) => {
    const folder = temporaryFolder()
    const texts = await written(folder, "run_a", () => "x", 3)
    appendFileSync(join(folder, "runs", "run_a.ndjson"), `${line}\n`)
    const page = await inJournal(folder, read("run_a", { after: 0, records: 3 }))
    expect(page.lines.map((kept) => kept.text)).toEqual(texts)
    const fault = await inJournal(folder, Effect.flip(read("run_a", { after: 3 })))
    expect(fault).toMatchObject({ code: "journal_failed", reason: expect.stringMatching(/^byte \d+ is not the/) })
  })

  it("does not follow a link, and does not wait for a pipe", async () => {
    const folder = temporaryFolder()
    await written(folder, "run_a", () => "x", 3)
    symlinkSync(join(folder, "runs", "run_a.ndjson"), join(folder, "runs", "run_l.ndjson"))
    mkdirSync(join(folder, "runs", "run_d.ndjson"))
    spawnSync("mkfifo", [join(folder, "runs", "run_p.ndjson")])
    const faults = await inJournal(
      folder,
      Effect.forEach(["run_l", "run_d", "run_p"], (runId) => Effect.flip(read(runId, { after: 0 })))
    )
    expect(faults.map((fault) => fault.code)).toEqual(["journal_failed", "journal_failed", "journal_failed"])
    expect(faults[0]?.message).toContain("Remove the symbolic link")
    expect(faults[2]?.message).toContain("it is not a regular file")
  })
})

function inJournal<A, E>(folder: string, effect: Effect.Effect<A, E, Journal | Scope.Scope>): Promise<A> {
  return Effect.runPromise(Effect.scoped(effect).pipe(Effect.provide(SegmentJournal.layer({ folder }))))
}

function read(runId: string, request: Parameters<Journal["Service"]["read"]>[1]) {
  return Effect.flatMap(Journal, (journal) => journal.read(runId, request))
}

function recordRun(runId: string, events: number, textOf: (index: number) => string = String) {
  return Effect.map(Recorder.make({ runId }), (recorder) => {
    recorder.append(started, noon)
    for (let index = 0; index < events; index++) recorder.append(event(textOf(index)), noon)
    recorder.append(ended, noon)
  })
}

/** Records a run of so many records and gives the lines of its file. */
async function written(folder: string, runId: string, textOf: (index: number) => string, records: number) {
  await inJournal(folder, recordRun(runId, records - 2, textOf))
  return recordsIn(folder, runId)
}

function recordsIn(folder: string, runId: string): ReadonlyArray<string> {
  return readFileSync(join(folder, "runs", `${runId}.ndjson`), "utf8")
    .split("\n")
    .slice(0, -1)
}

function encoded(runId: string, seq: number): string {
  const line = encodeRecord(makeRecordEncoder(runId), { seq, now: noon }, event("x"))
  if (!line.ok) throw new Error(line.fault)
  return line.value
}

function modes(...paths: ReadonlyArray<string>): ReadonlyArray<string> {
  return paths.map((path) => (statSync(path).mode & 0o777).toString(8))
}

function descriptors(folder: string): number {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ""
    }
  })
  return links.filter((link) => link.startsWith(folder)).length
}

function sum(lines: ReadonlyArray<TraceLine>): number {
  return lines.reduce((total, line) => total + line.bytes, 0)
}
