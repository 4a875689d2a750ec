import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  decodeObjectLine,
  decodeStderrLine,
  decodeStdoutLine,
  encodeLine,
  HostFrame,
  type RunnerFrame,
  StderrFrame
} from "../src/index.ts"
import { validLines } from "./golden.ts"

const anyText = fc.string({ unit: "binary" })
const decoders = [decodeStdoutLine, decodeStderrLine, decodeObjectLine]

const anyFrame: fc.Arbitrary<HostFrame | RunnerFrame> = fc.oneof(
  fc.record({
    type: fc.constant("run" as const),
    id: anyText.filter((id) => id !== ""),
    params: fc.dictionary(anyText, fc.jsonValue())
  }),
  fc.record({
    type: fc.constant("event" as const),
    id: anyText,
    event: fc.record({ type: anyText, value: fc.jsonValue() })
  }),
  fc.record({ type: fc.constant("diag" as const), level: anyText, message: anyText })
)

describe("the line codec", () => {
  it.each<[string, string, string]>([
    ["an empty line", "", "blank"],
    ["a line of white space", " \t\r", "blank"],
    ["a lone byte order mark", "\ufeff", "blank"],
    ["plain text", "Traceback (most recent call last):", "not_json"],
    ["JSON with something behind it", "{} {}", "not_json"],
    ["JSON that is no object", "[1]", "not_object"]
  ])("calls %s by its name and throws nothing [S0-27]", (_, line, kind) => {
    for (const decode of decoders) expect(decode(line)).toMatchObject({ ok: false, fault: { kind } })
  })

  it.each([
    ["white space", '  {"type":"end","id":"a","status":"ok"}\t'],
    ["a carriage return", '{"type":"end","id":"a","status":"ok"}\r'],
    ["a byte order mark", '\ufeff{"type":"end","id":"a","status":"ok"}'],
    ["a no-break space", '\u00a0{"type":"end","id":"a","status":"ok"}']
  ])("trims %s [S0-27]", (_, line) => {
    expect(decodeStdoutLine(line)).toEqual({ ok: true, value: { type: "end", id: "a", status: "ok" } })
  })

  it("never throws, whatever a program writes", () => {
    const nearly = fc
      .tuple(fc.constantFrom(...validLines("stdout-frame"), ...validLines("stderr-frame")), fc.nat())
      .map(cut)
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json(), nearly), (line) => {
        const results = decoders.map((decode) => decode(line))
        expect(results.every((result) => result.ok || result.fault.message.length < 500)).toBe(true)
      })
    )
  })

  it("survives JSON that is nested deeper than any stack", () => {
    const deep = `{"type":"event","id":"a","event":{"type":"x","value":${"[".repeat(500_000)}${"]".repeat(500_000)}}}`
    expect(decodeStdoutLine(deep).ok).toBe(true)
    expect(decodeStdoutLine("[".repeat(500_000))).toMatchObject({ ok: false, fault: { kind: "not_json" } })
  })

  it("writes one line for every frame, without a newline in it, and reads it back unchanged", () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const line = encodeLine(frame)
        if (!line.ok) throw new Error(line.fault.message)
        expect(line.value).not.toMatch(/[\n\r]/)
        expect(decodeObjectLine(line.value)).toEqual({ ok: true, value: JSON.parse(JSON.stringify(frame)) })
      })
    )
  })

  it.each<[string, () => unknown]>([
    ["holds a big integer", () => 1n],
    ["holds itself", cyclic],
    ["has a part that refuses with an odd value", () => ({ toJSON: () => raise(Object.create(null)) })]
  ])("refuses a frame that %s instead of throwing", (_, make) => {
    const frame = { type: "run", id: "a", params: { value: make() } } as const
    expect(encodeLine(frame)).toMatchObject({ ok: false, fault: { message: expect.any(String) } })
  })

  it("refuses a frame that takes itself away", () => {
    const frame = Object.assign({ type: "fatal" as const, message: "x" }, { toJSON: () => undefined })
    expect(encodeLine(frame)).toMatchObject({ ok: false })
  })
})

describe("frames of the host", () => {
  it("accepts a run of the reference as it stands [S0-26]", () => {
    const params = { model: "m", input: { content: "hi" }, cwd: "/srv", mcp_servers: {}, web_search_enabled: true }
    expect(HostFrame.parse({ type: "run", id: "a", params })).toEqual({ type: "run", id: "a", params })
  })

  it("accepts a level of a runner's own", () => {
    expect(StderrFrame.safeParse({ type: "diag", level: "notice", message: "x" }).success).toBe(true)
  })
})

function cut([line, at]: [string, number]): string {
  return line.slice(0, at % (line.length + 1))
}

function cyclic(): unknown {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

function raise(reason: unknown): never {
  throw reason
}
