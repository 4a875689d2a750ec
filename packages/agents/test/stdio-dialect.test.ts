import { stdioAgent } from "@signalbox/agents"
import type { HostFrame } from "@signalbox/protocol"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { startDialect } from "./heard.ts"

const open = (options: { readonly profile?: "signalbox" | "s0"; readonly params?: Record<string, unknown> } = {}) => {
  const dialect = stdioAgent({ file: "runner", ...options }).dialect()
  const heard = startDialect(dialect)
  const written = () => heard.written.map((line) => JSON.parse(line) as unknown)
  return {
    ...heard,
    written,
    host: (frame: HostFrame) => dialect.encode(frame, heard.sink),
    stdout: (line: string) => dialect.stdout(line, heard.sink),
    stderr: (line: string) => dialect.stderr(line, heard.sink)
  }
}

describe("a runner of our own protocol", () => {
  it("is greeted before anything else", () => {
    expect(open().written()).toEqual([{ type: "hello", protocol: 1, host: "signalbox" }])
  })

  it.each<HostFrame>([
    { type: "run", id: "a", params: { prompt: "hi", anything: { deep: [1] } } },
    { type: "cancel", id: "a", reason: "enough" },
    { type: "answer", id: "a", request: "q", value: { yes: true } }
  ])("is told frames as they are: %j", (frame) => {
    const runner = open()
    runner.host(frame)
    expect(runner.written().slice(1)).toEqual([frame])
  })

  it("is heard as it speaks, unknown fields and unknown events included", () => {
    const frames = [
      { type: "hello", protocol: 1, agent: "mine", new_field: 1 },
      { type: "event", id: "a", event: { type: "brand.new", deep: { er: 1 } } },
      { type: "ask", id: "a", request: "q", kind: "question", text: "well?" },
      { type: "end", id: "a", status: "ok", extra: true }
    ]
    const runner = open()
    for (const frame of frames) runner.stdout(JSON.stringify(frame))
    expect(runner.frames).toEqual(frames)
  })

  it("may send empty lines and blanks around its lines [S0-27]", () => {
    const runner = open()
    for (const line of ["", "  \t", '  {"type":"end","id":"a","status":"ok"} \r']) runner.stdout(line)
    expect(runner.words()).toEqual(["a end ok"])
    expect(runner.strays).toEqual([])
  })

  it.each([
    ["not_json", "Traceback:", undefined],
    ["not_object", "[1,2]", undefined],
    ["unknown_type", '{"type":"wave","id":"a"}', "a"],
    ["wrong_shape", '{"type":"event","id":"a"}', "a"],
    ["wrong_shape", '{"type":"end","status":"ok"}', undefined],
    ["wrong_shape", '{"type":"end","id":"","status":"ok"}', undefined]
  ])("has a line counted as %s, with its run when it names one: %s", (kind, sample, id) => {
    const runner = open()
    runner.stdout(sample)
    runner.stdout('{"type":"end","id":"b","status":"ok"}')
    expect(runner.strays).toEqual([{ stream: "stdout", kind, sample, ...(id === undefined ? {} : { id }) }])
    expect(runner.words()).toEqual(["b end ok"])
  })

  it("says diag and fatal on stderr", () => {
    const frames = [
      { type: "diag", id: "a", level: "warn", message: "hm" },
      { type: "fatal", message: "no" }
    ]
    const runner = open()
    expect(frames.map((frame) => runner.stderr(JSON.stringify(frame)))).toEqual([true, true])
    expect(runner.frames).toEqual(frames)
  })

  it.each([
    "Traceback (most recent call last):",
    "{not json",
    '{"level":"info","msg":"a logger"}',
    '{"type":"metric"}',
    ""
  ])("leaves other text on stderr as evidence, without a fault: %j", (line) => {
    const runner = open()
    expect(runner.stderr(line)).toBe(false)
    expect([...runner.frames, ...runner.strays]).toEqual([])
  })

  it("has a broken diag counted, and its text kept as evidence", () => {
    const runner = open()
    const sample = '{"type":"diag","id":"a","level":3}'
    expect(runner.stderr(sample)).toBe(false)
    expect(runner.strays).toEqual([{ stream: "stderr", kind: "wrong_shape", sample, id: "a" }])
  })

  it("gets its fixed params with every run, and the run's own win", () => {
    const runner = open({ params: { model: "m", effort: "low" } })
    runner.host({ type: "run", id: "a", params: { prompt: "hi", effort: "high" } })
    expect(runner.written().at(-1)).toMatchObject({ params: { prompt: "hi", model: "m", effort: "high" } })
  })

  it("never hears of a run that JSON cannot carry, and that run ends", () => {
    const runner = open()
    runner.host({ type: "run", id: "a", params: { huge: 1n } })
    expect(runner.written()).toHaveLength(1)
    expect(runner.frames).toMatchObject([{ type: "end", id: "a", status: "error", code: "invalid_request" }])
  })

  it("has an answer that JSON cannot carry told to the run", () => {
    const runner = open()
    runner.host({ type: "answer", id: "a", request: "q", value: 1n })
    expect(runner.words()).toEqual(["a diag error"])
  })

  it("every line is one frame, one stray or blank, whatever it holds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.constant(" ")), (line) => {
        const runner = open()
        runner.stdout(line)
        const outcomes = runner.frames.length + runner.strays.length
        expect(outcomes).toBe(line.trim() === "" ? 0 : 1)
      })
    )
  })
})

describe("a runner of the older protocol", () => {
  it("hears only runs: no hello, no cancel, no answer [S0-26]", () => {
    const runner = open({ profile: "s0" })
    runner.host({ type: "cancel", id: "a" })
    runner.host({ type: "answer", id: "a", request: "q", value: 1 })
    runner.host({ type: "run", id: "a", params: { prompt: "hi", model: "m", cwd: "/w" } })
    expect(runner.written()).toEqual([{ type: "run", id: "a", params: { input: "hi", model: "m", cwd: "/w" } }])
  })

  it("gets a list of content parts as its input, unchanged", () => {
    const runner = open({ profile: "s0" })
    const prompt = [{ type: "local_image", path: "/a.png" }]
    runner.host({ type: "run", id: "a", params: { prompt } })
    expect(runner.written()).toEqual([{ type: "run", id: "a", params: { input: prompt } }])
  })
})
