import { spawnSync } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isAlive, rounds, temporaryFolder, until } from "@signalbox/proof"
import { MAX_FRAME_BYTES } from "@signalbox/protocol"
import { describe, expect, it } from "vitest"
import { scriptedRunnerCommand } from "../src/scripted-runner-command.ts"
import { scripted } from "./scripted.ts"

const message = (id: string, item: number, text: string) =>
  `{"type":"event","id":"${id}","event":{"type":"item.completed","item":{"id":"item_${item}","type":"agent_message","text":"${text}"}}}`
const end = (id: string) => `{"type":"end","id":"${id}","status":"ok"}`
const hello = `{"type":"hello","protocol":1,"agent":"scripted","version":"1","capabilities":{"cancel":"cooperative","answer":true}}`

/** What one script writes to stdout, without the hello, as Latin-1 so that every byte is one character. */
async function bytesOf(...lines: ReadonlyArray<string>): Promise<string> {
  const runner = scripted(["--silent"])
  runner.run("r", ...lines)
  runner.endInput()
  await runner.gone()
  return runner.stdout().toString("latin1")
}
const latin1 = (text: string) => Buffer.from(text).toString("latin1")

describe("the scripted runner writes exactly", () => {
  const event = (text: string) => message("r", 1, text)
  it.each([
    ["a message and the default end", "say hi", `${event("hi")}\n${end("r")}\n`],
    ["an echo when no line is a deed", "Hello, runner", `${event("Hello, runner")}\n${end("r")}\n`],
    ["any event", 'event {"type":"x","n":1}', `{"type":"event","id":"r","event":{"type":"x","n":1}}\n${end("r")}\n`],
    ["a carriage return before the newline", "crlf", `${event("ended by CRLF")}\r\n${end("r")}\n`],
    ["a byte order mark", "bom", `\uFEFF${event("after a byte order mark")}\n${end("r")}\n`],
    ["a lone CR between fields", "lone-cr", `${event("lone CR").replace(",", ",\r")}\n${end("r")}\n`],
    ["raw line separators", "u2028", `${event("one\u2028two\u2029three\u0085four")}\n${end("r")}\n`],
    ["blank lines", "blank 2", `\n\n${end("r")}\n`],
    ["JSON that is no object", "not-object 2", `[1,2,3]\nnull\n${end("r")}\n`],
    ["text that is no JSON", "garbage", `this is no frame\n${end("r")}\n`],
    ["bytes without a newline", "unterminated 3\nnewline", `xxx\n${end("r")}\n`],
    ["a frame of unknown type", "unknown-type", `{"type":"scripted.unknown","id":"r"}\n${end("r")}\n`],
    ["a frame of wrong shape", "wrong-shape", `{"type":"end","id":"r","status":"perhaps"}\n${end("r")}\n`],
    ["two ends", "end-twice", `${end("r")}\n${end("r")}\n`],
    ["an event after the end", "event-after-end", `${end("r")}\n${event("said after the end")}\n`],
    ["an event for an unknown id", "unknown-id", `${event("for nobody").replace('"r"', '"r-unknown"')}\n${end("r")}\n`],
    ["an end with an error", "end error no luck", `{"type":"end","id":"r","status":"error","error":"no luck"}\n`],
    ["a character cut in two", "split-utf8", `${event("split ä € 😀 here")}\n${end("r")}\n`]
  ])("%s: %s", async (_what, script, expected) => {
    expect(await bytesOf(...script.split("\n"))).toBe(latin1(expected))
  })

  it("a byte that is not UTF-8", async () => {
    expect(await bytesOf("bad-utf8")).toBe(`${event("bad \xff byte")}\n${end("r")}\n`)
  })

  it("lines of the length that it was told, also above the limit of a frame", async () => {
    const huge = MAX_FRAME_BYTES + 1
    const lines = (await bytesOf("flood 300 500", `huge-line ${huge}`)).split("\n")
    expect(lines.slice(0, 300).every((line) => line.length === 500)).toBe(true)
    expect(lines[300]?.length).toBe(huge)
    expect(JSON.parse(lines[300] ?? "")).toMatchObject({ type: "event", id: "r" })
    expect(lines.slice(301)).toEqual([end("r"), ""])
  })

  it("everything into a full pipe that was set to non-blocking", async () => {
    // Touching process.stdout sets O_NONBLOCK on the pipe that the deeds write to.
    const runner = scripted([], { nodeOptions: ["--import", "data:text/javascript,process.stdout"] })
    runner.child.stdout?.pause()
    runner.run("r", "flood 4000 500", "exit 0")
    await until("the pipe is full", () => (runner.child.stdout?.readableLength ?? 0) > 0)
    runner.child.stdout?.resume()
    expect(await runner.gone()).toEqual({ code: 0, signal: null })
    expect(runner.stdout().length).toBe(hello.length + 1 + 4000 * 501)
  })
})

describe("the scripted runner as a runner", () => {
  it("answers what it cannot run, ignores what has no id, and leaves a run with the same id alone [S0-51 W0-06]", async () => {
    const runner = scripted()
    runner.run("first", "wait-for cancel")
    runner.run("first", "say I am the second")
    runner.write('no JSON\n[]\n{"type":"run","params":{"prompt":"x"}}\n{"type":"other"}\n')
    runner.send({ type: "run", id: "bad", params: { prompt: 5 } }, { type: "other", id: "odd" })
    await runner.ended("odd")
    runner.send({ type: "cancel", id: "first" })
    await runner.ended("first")
    expect(runner.stdout().toString().trim().split("\n")).toEqual([
      hello,
      '{"type":"end","id":"bad","status":"error","error":"invalid-params: prompt is neither a text nor a list of parts"}',
      '{"type":"end","id":"odd","status":"error","error":"unknown-type: other"}',
      '{"type":"end","id":"first","status":"cancelled"}'
    ])
    await until("the duplicate is reported", () => runner.stderr().includes("duplicate-id"))
    expect(JSON.parse(runner.stderr())).toMatchObject({ type: "diag", id: "first", level: "error" })
  })

  it("ends false as the reference does, when it plays the reference [S0-26 S0-51]", async () => {
    const runner = scripted(["--s0"])
    runner.send({ type: "run", id: "r", params: { input: "wait-for end-of-input" } })
    runner.send({ type: "run", id: "r", params: { input: "say x" } }, { type: "cancel", id: "r" })
    runner.endInput()
    await runner.gone()
    expect(runner.frames()).toEqual([
      { type: "end", id: "r", status: "error", error: "duplicate-id" },
      { type: "end", id: "r", status: "error", error: "unknown-type: cancel" },
      { type: "end", id: "r", status: "ok" }
    ])
  })

  it("goes on after an error event, and ends with the error [S0-53]", async () => {
    const runner = scripted(["--silent"])
    runner.run("r", 'event {"type":"error","message":"half\\nbroken"}', 'event {"type":"usage","usage":{}}')
    expect(await runner.ended("r")).toMatchObject({ status: "error", error: "half broken" })
    expect(await runner.event("r", "usage")).toEqual({ type: "usage", usage: {} })
  })

  it("reports a failing deed as a diag and ends the run once with an error [S0-52 S0-54]", async () => {
    const runner = scripted()
    runner.run("r", "wait-for cancel")
    runner.endInput()
    expect(await runner.gone()).toEqual({ code: 0, signal: null })
    expect(JSON.parse(runner.stderr())).toMatchObject({ type: "diag", id: "r", level: "error" })
    expect(runner.frames().filter(({ type }) => type === "end")).toHaveLength(1)
  })

  it("finishes what runs after the end of input and exits with 0 [S0-10]", async () => {
    const runner = scripted()
    for (const id of ["a", "b"]) runner.run(id, "wait-for end-of-input", `say ${id} is done`)
    runner.endInput()
    expect(await runner.gone()).toEqual({ code: 0, signal: null })
    expect(runner.frames().filter(({ type }) => type === "end")).toHaveLength(2)
  })

  it("stays after the end of input when it is told to", async () => {
    const runner = scripted(["--ignore-eof"])
    runner.run("r", "wait-for end-of-input")
    runner.endInput()
    await runner.ended("r")
    expect(runner.child.exitCode).toBeNull()
  })

  it("counts whole lines, and the cut, glued, broken and unfinished ones as bad [W0-08]", async () => {
    const runner = scripted()
    runner.write('{"type":"hello"}{"type":"hello"}\n{"type":"ru\n\n')
    runner.write(Buffer.from([0x7b, 0xff, 0x7d, 0x0a]))
    runner.run("r", "wait-for end-of-input", "gauge")
    runner.write('{"type":"run","id":"never-finis')
    runner.endInput()
    await runner.gone()
    expect(await runner.event("r", "scripted.gauge")).toMatchObject({ lines: 1, bad_lines: 4, running: 1, highest: 1 })
  })

  it("knows how many runs are in progress and were at most", async () => {
    const runner = scripted()
    for (const id of ["a", "b", "c"]) runner.run(id, "wait-for runs 3")
    for (const id of ["a", "b", "c"]) await runner.ended(id)
    runner.run("d", "gauge")
    expect(await runner.event("d", "scripted.gauge")).toMatchObject({ running: 1, highest: 3, bad_lines: 0 })
  })

  it("lets a script meet its cancel, so that it may win the race", async () => {
    const runner = scripted()
    runner.run("met", "wait-for cancel", "say too late", "end ok")
    runner.run("stopped", "wait 600000", "say never")
    runner.run("stubborn", "ignore-cancel", "wait-for file /nonexistent")
    runner.send(...["met", "stopped", "stubborn"].map((id) => ({ type: "cancel", id })))
    expect(await runner.ended("met")).toMatchObject({ status: "ok" })
    expect(await runner.ended("stopped")).toMatchObject({ status: "cancelled" })
    expect(runner.frames().some(({ type, id }) => type === "end" && id === "stubborn")).toBe(false)
  })

  it("asks and reports the answer", async () => {
    const runner = scripted()
    runner.run("r", "ask permission Delete it?")
    await until("it asks", () => runner.frames().some(({ type }) => type === "ask"))
    const ask = runner.frames().find(({ type }) => type === "ask")
    expect(ask).toMatchObject({ id: "r", kind: "permission", message: "Delete it?" })
    runner.send({ type: "answer", id: "r", request: ask?.["request"], value: { allow: true } })
    expect(await runner.event("r", "scripted.answer")).toMatchObject({ value: { allow: true } })
  })

  it("waits for a file, so that a test decides when it goes on", async () => {
    const gate = join(temporaryFolder(), "gate")
    const runner = scripted()
    runner.run("r", `wait-for file ${gate}`)
    runner.run("other", "say meanwhile")
    await runner.ended("other")
    expect(existsSync(gate)).toBe(false)
    writeFileSync(gate, "")
    expect(await runner.ended("r")).toMatchObject({ status: "ok" })
  })

  it("repeats its params and shows its environment and itself", async () => {
    const runner = scripted(["--ignore-term"], { env: { SCRIPTED_TEST: "seen" } })
    runner.send({
      type: "run",
      id: "r",
      params: { prompt: "echo-params\nenv SCRIPTED_TEST\nenv NOT_SET\nprocess", x: [1] }
    })
    await runner.ended("r")
    expect(await runner.event("r", "scripted.params")).toMatchObject({ params: { x: [1] } })
    expect(runner.frames().filter((frame) => JSON.stringify(frame).includes("scripted.env"))).toMatchObject([
      { event: { name: "SCRIPTED_TEST", value: "seen" } },
      { event: { name: "NOT_SET", value: null } }
    ])
    expect(await runner.event("r", "scripted.process")).toMatchObject({
      pid: runner.child.pid,
      args: ["--ignore-term"]
    })
  })

  it("refuses a script with a bad line as a whole, and says which", async () => {
    const runner = scripted()
    runner.run("r", "say hi", "waiit 5")
    runner.run("s", "wait soon")
    expect(await runner.ended("r")).toMatchObject({ error: 'script line 2: "waiit" is no deed' })
    expect(await runner.ended("s")).toMatchObject({ error: "script line 1: write `wait MS`" })
  })
})

describe("the scripted runner dies", () => {
  it("with all ends written, also into a full pipe [W0-02]", async () => {
    for (let round = 0; round < rounds(500, 2); round++) {
      const runner = scripted()
      runner.child.stdout?.pause()
      for (let at = 0; at < 50; at++) runner.run(`r${at}`, "ends 50 20000 then exit")
      await until("it writes", () => (runner.child.stdout?.readableLength ?? 0) > 0)
      runner.child.stdout?.resume()
      expect(await runner.gone()).toEqual({ code: 0, signal: null })
      expect(runner.frames().filter(({ type }) => type === "end")).toHaveLength(50)
      expect(runner.stdout().length).toBeGreaterThan(50 * 20_000)
    }
  })

  it.each([
    ["fatal the model is gone", 1, null, '{"type":"fatal","message":"the model is gone"}\n'],
    ["crash", 70, null, "scripted runner: crashed as asked\n"],
    ["exit 3", 3, null, ""],
    ["kill-self SIGKILL", null, "SIGKILL", ""],
    ["stderr some words\nexit 4", 4, null, "some words\n"]
  ])("as told by %j [S0-55]", async (script, code, signal, stderr) => {
    const runner = scripted()
    runner.run("r", "say last words", script)
    expect(await runner.gone()).toEqual({ code, signal })
    expect(runner.stderr()).toBe(stderr)
    expect(runner.stdout().toString()).toBe(`${hello}\n${message("r", 1, "last words")}\n`)
  })

  it("with a traceback as Python prints it [W0-14]", async () => {
    const runner = scripted()
    runner.run("r", "traceback")
    expect(await runner.gone()).toEqual({ code: 1, signal: null })
    expect(runner.stderr()).toMatch(/^Traceback \(most recent call last\):\n.*RuntimeError: the model is gone\n$/s)
  })

  it("never before it is killed, when it ignores SIGTERM and hangs [W0-17]", async () => {
    const runner = scripted()
    runner.run("r", "ignore-term", "say ready", "hang")
    await runner.event("r", "item.completed")
    runner.child.kill("SIGTERM")
    runner.run("proof", "say still here")
    await runner.ended("proof")
    runner.child.kill("SIGKILL")
    expect(await runner.gone()).toEqual({ code: null, signal: "SIGKILL" })
  })

  it("after its lifetime at the latest", async () => {
    const runner = scripted(["--lifetime", "50", "--never-read", "--ignore-eof"])
    expect(await runner.gone()).toEqual({ code: 97, signal: null })
  })
})

describe("the scripted runner's pipes", () => {
  it("closes stderr at the start, and stdout when told, and goes on [W0-02]", async () => {
    const runner = scripted(["--close-stderr-at-start"])
    let stderrEnded = false
    runner.child.stderr?.once("end", () => void (stderrEnded = true))
    runner.run("r", "say here", "diag warn lost", "wait-for file /nonexistent")
    await runner.event("r", "item.completed")
    await until("stderr has ended", () => stderrEnded)
    let stdoutEnded = false
    runner.child.stdout?.once("end", () => void (stdoutEnded = true))
    runner.run("s", "close-stdout", "say lost")
    await until("stdout has ended", () => stdoutEnded)
    expect(runner.child.exitCode).toBeNull()
    expect(runner.stderr()).toBe("")
  })

  it("stops reading when told, so that a writer is stuck [W0-09]", async () => {
    const runner = scripted()
    runner.run("clock", "stop-reading", "say deaf", "wait 200")
    await runner.event("clock", "item.completed")
    runner.write(`${"x".repeat(4 * 1024 * 1024)}\n`)
    runner.run("never-read", "say never")
    await runner.ended("clock")
    expect(runner.child.stdin?.writableNeedDrain).toBe(true)
    expect(runner.frames().some(({ id }) => id === "never-read")).toBe(false)
  })
})

describe("the scripted runner's grandchild", () => {
  const status = (pid: number) =>
    spawnSync("ps", ["-o", "ppid=,sid=,args=", "-p", String(pid)])
      .stdout.toString()
      .trim()

  it.each([
    ["fork", true],
    ["fork ignore-term", false],
    ["fork ignore-term double", false],
    ["fork new-session", true],
    ["fork new-session double", true]
  ])("of %j ends by SIGTERM: %s [W0-15]", async (script, endsByTerm) => {
    const runner = scripted()
    runner.run("r", script)
    const { pid } = (await runner.event("r", "scripted.fork")) as { pid: number }
    expect(status(pid)).toContain("sleep")
    const [parent, session] = status(pid).split(/\s+/).map(Number)
    expect(parent === runner.child.pid).toBe(!script.includes("double"))
    expect(session === pid).toBe(script === "fork new-session")
    runner.endInput()
    await runner.gone()
    expect(isAlive(pid)).toBe(true)
    process.kill(pid, "SIGTERM")
    if (!endsByTerm) process.kill(pid, "SIGKILL")
    await until("the grandchild is gone", () => !isAlive(pid))
  })

  it("holds the pipes after the runner has exited, when told [W0-02]", async () => {
    const runner = scripted()
    runner.run("r", "fork hold-pipes", "exit 0")
    const { pid } = (await runner.event("r", "scripted.fork")) as { pid: number }
    await until("the runner has exited", () => !isAlive(runner.child.pid ?? 0))
    expect([runner.child.stdout?.readableEnded, runner.child.stderr?.readableEnded]).toEqual([false, false])
    process.kill(pid, "SIGKILL")
    expect(await runner.gone()).toEqual({ code: 0, signal: null })
  })
})

describe("the scripted runner's options", () => {
  it("say another hello, or none [W0-16]", async () => {
    for (const [options, expected] of [
      [["--hello", '{"type": "hello", "protocol": 2}'], '{"type":"hello","protocol":2}\n'],
      [["--silent"], ""],
      [["--no-cancel"], `${hello.replace("cooperative", "none")}\n`],
      [["--start-delay", "20"], `${hello}\n`]
    ] as const) {
      const runner = scripted(options)
      runner.endInput()
      expect(await runner.gone()).toEqual({ code: 0, signal: null })
      expect(runner.stdout().toString()).toBe(expected)
    }
  })

  it("end it at once with a code", async () => {
    expect(await scripted(["--exit-at-once", "7"]).gone()).toEqual({ code: 7, signal: null })
  })

  it("are refused in a sentence when they are wrong", () => {
    const { file, args } = scriptedRunnerCommand(["--exit-at-once", "soon"])
    const { status, stderr } = spawnSync(file, [...args])
    expect([status, stderr.toString()]).toEqual([2, 'scripted runner: "soon" is not a whole number\n'])
    const unknown = spawnSync(file, [...scriptedRunnerCommand(["--nonsense"]).args])
    expect(unknown.stderr.toString()).toMatch(/^scripted runner: --nonsense is no option; there are --silent /)
  })
})
