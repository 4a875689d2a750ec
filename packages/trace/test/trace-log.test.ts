import type { Decoded, RecordBody, TraceRecord } from "@signalbox/protocol"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type JournalFailed, journalFailed } from "../src/lib/JournalError.ts"
import { appendRecord, closeLog, flushLog, isOver, linesAfter, makeTraceLog } from "../src/lib/trace-log.ts"
import { ended, event, noon, started, unencodable } from "./bodies.ts"

const roomy = { records: 1024, bytes: 1024 * 1024 }

describe("a run's log", () => {
  it.each<[sentence: string, steps: ReadonlyArray<string>, heard: ReadonlyArray<string>]>([
    ["commits started at once, because the run is accepted with it", ["started"], ["write 1"]],
    ["commits the records of a tick with one write", ["started", "event", "event", "tick"], ["write 1", "write 2 3"]],
    ["commits ended at once, with all that is pending", ["started", "event", "ended"], ["write 1", "write 2 3"]],
    ["writes nothing in a tick without records", ["started", "tick", "tick"], ["write 1"]],
    ["commits when it is told to", ["started", "event", "flush", "tick"], ["write 1", "write 2"]],
    ["commits what is pending when it is closed", ["started", "event", "close", "close"], ["write 1", "write 2"]],
    ["commits early when much is pending", ["started", "huge", "event"], ["write 1", "write 2"]],
    [
      "wakes the readers in the tick, not in the append",
      ["wait", "started", "event", "tick"],
      ["write 1", "write 2", "wake"]
    ],
    [
      "wakes the readers of a committed record although nothing is pending",
      ["wait", "started", "tick"],
      ["write 1", "wake"]
    ],
    [
      "wakes a reader once",
      ["started", "wait", "event", "tick", "event", "tick"],
      ["write 1", "write 2", "wake", "write 3"]
    ],
    ["lets waiting readers go when it is closed", ["started", "wait", "close"], ["write 1", "wake"]],
    [
      "refuses anything before started",
      ["event", "ended", "started"],
      ["refuse not_started", "refuse not_started", "write 1"]
    ],
    [
      "refuses a second started",
      ["started", "started", "event", "flush"],
      ["write 1", "refuse already_started", "write 2"]
    ],
    [
      "refuses anything after ended",
      ["started", "ended", "event", "ended"],
      ["write 1", "write 2", "refuse already_ended", "refuse already_ended"]
    ],
    ["refuses anything when it is closed", ["close", "started"], ["refuse closed"]]
  ])("%s", (_, steps, heard) => {
    const log = scripted()
    for (const step of steps) log.take(step)
    expect(log.heard).toEqual(heard)
  })

  it.each(unencodable)("refuses a body with %s without a hole", (_, body) => {
    const log = scripted()
    log.take("started")
    expect(log.append(event("before"))).toEqual({ ok: true, value: 2 })
    expect(log.append(body)).toMatchObject({ ok: false, fault: { kind: "encode_failed" } })
    expect(log.append(event("behind"))).toEqual({ ok: true, value: 3 })
    log.take("flush")
    expect(log.heard).toEqual(["write 1", "refuse encode_failed", "write 2 3"])
    expect(log.log.metrics).toMatchObject({ records: 3, commits: 2, refused: 1 })
  })

  it("shows nothing that is not committed", () => {
    const log = scripted()
    log.take("started")
    log.take("event")
    expect(linesAfter(log.log, 0).map((line) => line.seq)).toEqual([1])
    log.take("tick")
    expect(linesAfter(log.log, 0).map((line) => line.seq)).toEqual([1, 2])
  })
})

describe("a run's log whose journal fails", () => {
  it.each<[sentence: string, steps: ReadonlyArray<string>, heard: ReadonlyArray<string>]>([
    [
      "tells the host once and takes only ended then",
      ["started", "break", "event", "event", "tick", "event", "mend", "ended", "tick"],
      ["write 1", "lose 2 3", "fault", "refuse journal_failed", "write 2"]
    ],
    [
      "keeps ended in memory when it cannot be written either",
      ["started", "break", "event", "tick", "ended"],
      ["write 1", "lose 2", "fault", "lose 2"]
    ],
    [
      "tries an ended that was lost with others once more, alone",
      ["started", "break once", "event", "ended"],
      ["write 1", "lose 2 3", "write 2", "fault"]
    ],
    ["keeps an ended that was lost twice", ["started", "break", "ended"], ["write 1", "lose 2", "lose 2", "fault"]],
    [
      "has not accepted the run when started is lost",
      ["break", "started", "mend", "ended", "started"],
      ["lose 1", "fault", "refuse journal_failed", "refuse journal_failed", "refuse journal_failed"]
    ],
    [
      "says so to the append that commits early",
      ["started", "break", "huge"],
      ["write 1", "lose 2", "fault", "refuse journal_failed"]
    ],
    ["says so when it is closed", ["started", "event", "break", "close"], ["write 1", "lose 2", "fault"]]
  ])("%s", (_, steps, heard) => {
    const log = scripted()
    for (const step of steps) log.take(step)
    expect(log.heard).toEqual(heard)
    expect(log.log.metrics.faults).toBe(1)
  })

  it("takes ended from inside the call that tells of the fault", () => {
    const log = scripted(() => log.take("ended"))
    for (const step of ["started", "break once", "event", "tick", "event"]) log.take(step)
    expect(log.heard).toEqual(["write 1", "lose 2", "fault", "write 2", "refuse already_ended"])
    expect(isOver(log.log, 2)).toBe(true)
  })

  it.each([
    ["written", "break once"],
    ["kept in memory", "break"]
  ])("ends the run as failed with journal_failed, %s, whatever the host wanted to say", (_, breaking) => {
    const log = scripted()
    for (const step of ["started", breaking, "event", "ended"]) log.take(step)
    const [line] = linesAfter(log.log, 1)
    const { record, ...rest } = JSON.parse(line?.text ?? "{}") as TraceRecord
    expect(rest).toMatchObject({ seq: 2, status: "failed" })
    expect(record).toEqual({
      ...ended,
      outcome: "failed",
      error: { code: "journal_failed", message: expect.stringMatching(/disk is full.* had ended as completed\.$/) }
    })
    expect(log.log.status).toBe("failed")
  })

  it("leaves an ended alone in which the host says journal_failed itself", () => {
    const log = scripted()
    for (const step of ["started", "break once", "event", "tick"]) log.take(step)
    const body: RecordBody = { ...ended, outcome: "failed", error: { code: "journal_failed", message: "own words" } }
    log.append(body)
    expect(JSON.parse(linesAfter(log.log, 1)[0]?.text ?? "{}")).toMatchObject({ record: body })
  })
})

const anyStep = fc.constantFrom("started", "event", "event", "event", "odd", "ended", "tick", "flush", "break once")

describe("every log", () => {
  it("writes seq 1, 2, 3 … without a hole, started first and ended last and once, whatever arrives", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        const log = scripted()
        for (const step of steps) log.take(step)
        log.take("close")
        const records = log.file.map((text) => JSON.parse(text) as TraceRecord)
        expect(records.map((record) => record.seq)).toEqual(records.map((_, index) => index + 1))
        records.forEach(({ record }, index) => {
          expect(record.type === "started").toBe(index === 0)
          if (record.type === "ended") expect(index).toBe(records.length - 1)
        })
        expect(log.log.metrics).toMatchObject({ records: log.file.length, bytes: bytesOf(log.file) })
      })
    )
  })

  it("shows exactly what it has written, and an ended that it could not write behind that", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyStep, fc.constant("break")), { maxLength: 40 }), (steps) => {
        const log = scripted()
        for (const step of steps) {
          log.take(step)
          const visible = [...linesAfter(log.log, 0), ...linesAfter(log.log, log.file.length)]
          expect(visible.map((line) => line.text).slice(0, log.file.length)).toEqual(log.file)
          const extra = visible.slice(log.file.length)
          expect(extra.map((line) => line.status)).toEqual(extra.length === 0 ? [] : ["failed"])
        }
      })
    )
  })
})

/** A log whose journal and timer are in the test's hand, and which writes down in words what it does. */
function scripted(onFault: () => void = () => {}) {
  const heard: Array<string> = []
  const file: Array<string> = []
  const ticks: Array<() => void> = []
  let broken: "no" | "once" | "for good" = "no"
  const log = makeTraceLog({
    runId: "run_a",
    window: roomy,
    write: (lines): Decoded<void, JournalFailed> => {
      const texts = lines.split("\n").slice(0, -1)
      const seqs = texts.map((text) => (JSON.parse(text) as TraceRecord).seq).join(" ")
      heard.push(`${broken === "no" ? "write" : "lose"} ${seqs}`)
      if (broken !== "no") {
        if (broken === "once") broken = "no"
        return { ok: false, fault: journalFailed("/d/runs/run_a.ndjson", "the disk is full") }
      }
      file.push(...texts)
      return { ok: true, value: undefined }
    },
    finish: () => {},
    schedule: (tick) => ticks.push(tick),
    byteLength: (text) => Buffer.byteLength(text),
    onFault: () => {
      heard.push("fault")
      onFault()
    }
  })
  const append = (body: RecordBody) => {
    const result = appendRecord(log, body, noon)
    if (!result.ok) heard.push(`refuse ${result.fault.kind}`)
    return result
  }
  const deeds: Readonly<Record<string, () => void>> = {
    started: () => append(started),
    event: () => append(event("é")),
    huge: () => append(event("x".repeat(256 * 1024))),
    odd: () => append({ type: "event", event: { type: "x", big: 1n } }),
    ended: () => append(ended),
    tick: () => {
      for (const tick of ticks.splice(0)) tick()
    },
    flush: () => flushLog(log),
    close: () => closeLog(log),
    wait: () => log.waiters.add(() => heard.push("wake")),
    break: () => {
      broken = "for good"
    },
    "break once": () => {
      broken = "once"
    },
    mend: () => {
      broken = "no"
    }
  }
  const take = (step: string) => deeds[step]?.()
  return { log, heard, file, append, take }
}

function bytesOf(file: ReadonlyArray<string>): number {
  return Buffer.byteLength(file.map((text) => `${text}\n`).join(""))
}
