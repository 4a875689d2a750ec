import { commandAgent } from "@signalbox/agents"
import type { Prompt, RunEvent } from "@signalbox/protocol"
import { describe, expect, it } from "vitest"
import { startDialect } from "./heard.ts"

const open = (prompt: Prompt = "", file = "make", args: ReadonlyArray<string> = ["test"]) => {
  const dialect = commandAgent({ file, args }).dialect()
  const heard = startDialect(dialect)
  dialect.encode({ type: "run", id: "a", params: { prompt } }, heard.sink)
  return {
    heard,
    /** One chunk with these lines. */
    stdout: (...lines: ReadonlyArray<string>) => {
      for (const line of lines) dialect.stdout(line, heard.sink)
      dialect.chunkEnd?.(heard.sink)
    },
    stderr: (line: string) => dialect.stderr(line, heard.sink),
    exit: (exitCode: number | null, signal: string | null = null) => dialect.exited?.({ exitCode, signal }, heard.sink),
    events: () => heard.frames.flatMap((frame) => (frame.type === "event" ? [frame.event] : []))
  }
}

const item = (event: RunEvent | undefined) => event?.["item"] as Readonly<Record<string, unknown>>

describe("a command", () => {
  it.each([
    ["", []],
    ["one\ntwo", ["one\ntwo"]],
    ["with its newline\n", ["with its newline"]],
    [[{ type: "text", text: "a" }, { type: "image" }, { type: "text", text: "b" }], ["a\nb"]]
  ])("gets the prompt %j as text on stdin, then its end", (prompt, written) => {
    const { heard } = open(prompt)
    expect(heard.written).toEqual(written)
    expect(heard.inputEnded).toBe(true)
  })

  it("can be stopped only by a kill, and says so [W0-05]", () => {
    expect(open().heard.frames[0]).toMatchObject({ type: "hello", capabilities: { cancel: "kill", answer: false } })
  })

  it("has its output told chunk by chunk, and whole at the end", () => {
    const command = open("", "sh", ["-c", "echo it's"])
    command.stdout("one", "")
    command.stdout("  three")
    command.exit(0)
    expect(command.heard.words().slice(1)).toEqual([
      "a item.started command_execution",
      "a item.delta",
      "a item.completed command_execution completed",
      "a end ok"
    ])
    expect(command.events().flatMap((event) => event["delta"] ?? [])).toEqual(["one\n\n", "  three\n"])
    expect(item(command.events().at(-1))).toEqual({
      id: "command",
      type: "command_execution",
      command: "sh -c 'echo it'\\''s'",
      aggregated_output: "one\n\n  three\n",
      exit_code: 0,
      status: "completed"
    })
  })

  it("that speaks events is heard as it speaks, and needs no item", () => {
    const command = open()
    const event = { type: "thread.started", thread_id: "t", extra: [1] }
    command.stdout(JSON.stringify(event), "")
    command.exit(0)
    expect(command.events()).toEqual([event])
  })

  it("has text and events of one chunk told in the order in which they were written", () => {
    const command = open()
    command.stdout("one", "two", '{"type":"note"}', "three")
    const told = command.events().map((event) => event["delta"] ?? event.type)
    expect(told).toEqual(["item.started", "one\ntwo\n", "note", "three\n"])
  })

  it("has the text of a chunk told before a word on stderr that came after it", () => {
    const { heard, stderr } = open()
    const { sink } = heard
    const dialect = commandAgent({ file: "make" }).dialect()
    dialect.encode({ type: "run", id: "a", params: {} }, sink)
    dialect.stdout("first", sink)
    dialect.stderr("second", sink)
    stderr("third")
    expect(heard.words().slice(1)).toEqual([
      "a item.started command_execution",
      "a item.delta",
      "a diag info",
      "a diag info"
    ])
  })

  it.each(['{"type":3}', '{"no":"type"}', "[1]", "{broken", "null", '"text"'])(
    "has JSON that is no event told as text: %s",
    (line) => {
      const command = open()
      command.stdout(line)
      expect(command.events().at(-1)).toMatchObject({ type: "item.delta", delta: `${line}\n` })
    }
  )

  it("that says nothing still shows in the trace", () => {
    const command = open()
    command.exit(0)
    expect(command.heard.words().slice(1)).toEqual([
      "a item.started command_execution",
      "a item.completed command_execution completed",
      "a end ok"
    ])
  })

  it.each([
    [2, null, "exited with code 2"],
    [null, "SIGKILL", "killed by SIGKILL"]
  ])("that ends with code %s and signal %s fails: %s", (exitCode, signal, error) => {
    const command = open()
    command.stdout("out")
    command.exit(exitCode, signal)
    expect(item(command.events().at(-1))).toMatchObject({ exit_code: exitCode, status: "failed" })
    expect(command.heard.frames.at(-1)).toEqual({
      type: "end",
      id: "a",
      status: "error",
      error,
      code: "exit_nonzero"
    })
  })

  it("keeps the last mebibyte of a long output, whole characters only, and says so", () => {
    const command = open()
    const line = "😀".repeat(1000)
    for (let count = 0; count < 1500; count++) command.stdout(line)
    command.exit(0)
    const completed = item(command.events().at(-1))
    const output = String(completed["aggregated_output"])
    expect(completed["truncated"]).toBe(true)
    expect(output.length).toBeGreaterThan(1024 * 1024 - 2)
    expect(output.length).toBeLessThanOrEqual(1024 * 1024)
    expect(output.isWellFormed()).toBe(true)
    expect(output.endsWith(`${line}\n`)).toBe(true)
  })

  it("has stderr told as diagnostics that stay evidence", () => {
    const command = open()
    expect(command.stderr("make: warning")).toBe(false)
    expect(command.heard.frames.at(-1)).toEqual({ type: "diag", id: "a", level: "info", message: "make: warning" })
  })

  it("has a flood on stderr told up to a limit, with a word about the rest", () => {
    const command = open()
    const line = "x".repeat(1023)
    for (let count = 0; count < 3000; count++) command.stderr(line)
    const diags = command.heard.frames.filter((frame) => frame.type === "diag")
    expect(diags.filter(({ level }) => level === "info")).toHaveLength(1024)
    expect(diags.filter(({ level }) => level === "warn")).toHaveLength(1)
    expect(diags.at(-1)?.level).toBe("warn")
  })

  it("carries one run: a second one is refused and leaves the first alone", () => {
    const dialect = commandAgent({ file: "cat" }).dialect()
    const heard = startDialect(dialect)
    for (const id of ["a", "b"]) dialect.encode({ type: "run", id, params: {} }, heard.sink)
    dialect.exited?.({ exitCode: 0, signal: null }, heard.sink)
    expect(heard.words().slice(1)).toEqual([
      "b end error",
      "a item.started command_execution",
      "a item.completed command_execution completed",
      "a end ok"
    ])
  })
})
