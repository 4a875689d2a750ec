import { type RecordBody, TraceRecord } from "@signalbox/protocol"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { encodeRecord, makeRecordEncoder, readHead, statusOf } from "../src/lib/trace-line.ts"
import { ended, event, noon, started, unencodable } from "./bodies.ts"

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom("\ud800", "\u2028\n\r\0", '"}}\\'))
const anyBody: fc.Arbitrary<RecordBody> = fc.oneof(
  fc.constant<RecordBody>(started),
  fc.record({ type: fc.constant("state" as const), state: fc.constantFrom("queued" as const, "running" as const) }),
  fc
    .tuple(anyText, fc.dictionary(anyText, fc.jsonValue()))
    .map(([type, rest]): RecordBody => ({ type: "event", event: { ...rest, type } })),
  fc.constantFrom("completed", "failed", "cancelled", "timed_out", "lost").map(
    (outcome): RecordBody => ({
      ...ended,
      outcome: outcome as "lost"
    })
  )
)
const anyTime = fc.date({ noInvalidDate: true }).map((date) => date.getTime())

describe("encoding a record", () => {
  it("writes for every record exactly what JSON.stringify writes for its TraceRecord", () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.tuple(anyBody, anyTime), { maxLength: 5 }), (runId, records) => {
        const encoder = makeRecordEncoder(runId)
        for (const [index, [record, now]] of records.entries()) {
          const seq = index + 1
          const at = new Date(now).toISOString()
          const whole = { run_id: runId, seq, at, status: statusOf(record), record }
          expect(encodeRecord(encoder, { seq, now }, record)).toEqual({ ok: true, value: JSON.stringify(whole) })
        }
      })
    )
  })

  it("writes for every record one line whose head tells run, seq and status", () => {
    fc.assert(
      fc.property(anyText, anyBody, anyTime, fc.integer({ min: 1, max: 2 ** 50 }), (runId, body, now, seq) => {
        const text = encoded(runId, seq, now, body)
        expect(text).not.toContain("\n")
        expect(readHead(Buffer.from(text).toString())).toEqual({ runId, seq, status: statusOf(body) })
      })
    )
  })

  it("writes what the protocol calls a trace record", () => {
    for (const body of [started, event("é"), ended]) {
      expect(TraceRecord.parse(JSON.parse(encoded("run_a", 1, noon, body))).record).toEqual(body)
    }
  })

  it.each(unencodable)("refuses a body with %s", (_, body) => {
    expect(encodeRecord(makeRecordEncoder("run_a"), { seq: 1, now: noon }, body)).toMatchObject({ ok: false })
  })

  it("refuses a time that is none, and takes the next one", () => {
    const encoder = makeRecordEncoder("run_a")
    expect(encodeRecord(encoder, { seq: 1, now: Number.NaN }, started).ok).toBe(false)
    expect(encodeRecord(encoder, { seq: 1, now: noon }, started)).toMatchObject({
      ok: true,
      value: expect.stringContaining('"at":"2026-01-02T12:00:00.000Z"')
    })
  })
})

describe("reading a head", () => {
  const whole = encoded("run_a", 7, noon, event("x"))

  it.each([
    ["a line cut in its middle", whole.slice(0, -20)],
    ["zeros", "\0".repeat(200)],
    ["another object", '{"run_id":"run_a","seq":7}}'],
    ["a seq of 0", whole.replace('"seq":7', '"seq":0')],
    ["an unknown status", whole.replace("in_progress", "in_doubt")]
  ])("takes %s for no record", (_, text) => {
    expect(readHead(text)).toBeUndefined()
  })
})

function encoded(runId: string, seq: number, now: number, body: RecordBody): string {
  const result = encodeRecord(makeRecordEncoder(runId), { seq, now }, body)
  if (!result.ok) throw new Error(result.fault)
  return result.value
}
