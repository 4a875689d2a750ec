import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decodeStdoutLine, makeStdoutDecoder } from "../src/index.ts"
import { learnEventLine, makeEventLines, readEventLine } from "../src/lib/event-lines.ts"
import { invalidLines, validLines } from "./golden.ts"

const lineOf = (id: string, payload: string, space = "") =>
  `{"type":${space}"event",${space}"id":${space}${JSON.stringify(id)},${space}"event":${space}${payload}}`

const learned = (...ids: ReadonlyArray<string>) => {
  const lines = makeEventLines()
  for (const id of ids) learnEventLine(lines, lineOf(id, '{"type":"x"}'), { type: "event", id, event: { type: "x" } })
  return lines
}

/** Few ids, so that a head is met again; some need escapes, some are alike at their ends. */
const anyId = fc.oneof(
  fc.constantFrom("a", "run_1", "run_2", "b-run_1", 'quo"te', "back\\slash", "new\nline", "\u{1f600}", "\ud800", ""),
  fc.string({ unit: "binary", maxLength: 4 })
)
const anyPayload = fc.oneof(
  fc.record({ type: fc.string(), value: fc.jsonValue() }).map((event) => JSON.stringify(event)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '{"type":"x"},"more":1',
    '{"type":"x"},"id":"other"',
    '{"type":"x"},"event":{"type":"y"}',
    ' {"type":"x"} '
  ),
  fc.constantFrom('{"type":7}', "", "{", '{"type":"x"', '{"type":"x"}}', "[1],[2]", '{"__proto__":{},"type":"x"}')
)
const anyEventLine = fc
  .tuple(anyId, anyPayload, fc.constantFrom("", " ", "  "))
  .map(([id, payload, space]) => lineOf(id, payload, space))

/** A line with a character put in, taken out or changed, or cut off. */
const anyBrokenLine = fc
  .tuple(anyEventLine, fc.nat(), fc.constantFrom("", '"', "\\", "}", "{", ",", " ", "x", "\r"), fc.nat(2))
  .map(
    ([line, at, put, taken]) =>
      line.slice(0, at % (line.length + 1)) + put + line.slice((at % (line.length + 1)) + taken)
  )

const golden = ["stdout-frame", "stderr-frame"].flatMap((name) => [
  ...validLines(name),
  ...invalidLines(name).map(({ line }) => line)
])

describe("the decoder of one runner's stdout", () => {
  it("reads every line of every stream as the codec reads it by itself [S0-28 S0-32]", () => {
    const anyLine = fc.oneof(anyEventLine, anyBrokenLine, fc.constantFrom(...golden))
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 40 }), (lines) => {
        const decode = makeStdoutDecoder()
        // Twice: by the second time every head is known that can be.
        for (const line of [...lines, ...lines]) expect(decode(line)).toEqual(decodeStdoutLine(line))
      })
    )
  })

  it("reads the events of more runs than it can remember", () => {
    const decode = makeStdoutDecoder()
    const lines = Array.from({ length: 10_000 }, (_, run) => lineOf(`run_${run}`, `{"type":"x","run":${run}}`))
    for (const line of [...lines, ...lines])
      expect(decode(line)).toEqual({ ok: true, value: JSON.parse(line) as unknown })
  })
})

describe("the heads of event lines", () => {
  it.each([
    ["as JavaScript writes it", ""],
    ["as Python writes it", " "]
  ])("are known after one line %s", (_, space) => {
    const lines = makeEventLines()
    const line = lineOf("run_1", '{"type":"x","deep":[1]}', space)
    expect(readEventLine(lines, line)).toBeUndefined()
    learnEventLine(lines, line, { type: "event", id: "run_1", event: { type: "x" } })
    expect(readEventLine(lines, line)).toEqual(JSON.parse(line))
    expect(readEventLine(lines, lineOf("run_2", '{"type":"x"}', space))).toBeUndefined()
  })

  it("are not taken from a line with an order of its own", () => {
    const lines = makeEventLines()
    const line = '{"id":"run_1","type":"event","event":{"type":"x"}}'
    learnEventLine(lines, line, { type: "event", id: "run_1", event: { type: "x" } })
    expect(readEventLine(lines, line)).toBeUndefined()
  })

  it("keep runs apart whose ids end alike", () => {
    const ids = Array.from({ length: 4 }, (_, run) => `${run}-the-same-tail`)
    const lines = learned(...ids)
    for (const id of ids) expect(readEventLine(lines, lineOf(id, '{"type":"y"}'))?.id).toBe(id)
  })

  it("take the place of old ones when there are too many", () => {
    const ids = Array.from({ length: 9 }, (_, run) => `${run}-the-same-tail`)
    const lines = learned(...ids)
    expect(lines.heads.filter((head) => head !== undefined)).toHaveLength(4)
    expect(readEventLine(lines, lineOf(ids[8] as string, '{"type":"y"}'))?.id).toBe(ids[8])
  })

  it("are given up for a stream whose lines go on behind the payload", () => {
    const lines = learned("run_1")
    for (let line = 0; line < 64; line++) {
      expect(readEventLine(lines, lineOf("run_1", '{"type":"x"},"more":1'))).toBeUndefined()
    }
    const line = lineOf("run_1", '{"type":"x"}')
    learnEventLine(lines, line, { type: "event", id: "run_1", event: { type: "x" } })
    expect(readEventLine(lines, line)).toBeUndefined()
  })
})
