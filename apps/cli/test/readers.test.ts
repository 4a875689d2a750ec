import { Writable } from "node:stream"
import type { TraceLine } from "@signalbox/trace"
import { describe, expect, it } from "vitest"
import { makeOutput } from "../src/output.ts"
import { jsonReader, liveReader, paint, quietReader, type Reader } from "../src/readers.ts"

/** Collects what is written. */
function paper() {
  let text = ""
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString()
      done()
    }
  })
  return { output: makeOutput(stream), text: () => text }
}

function lines(...records: ReadonlyArray<object>): ReadonlyArray<TraceLine> {
  return records.map((record, index) => {
    const at = "2026-01-01T00:00:00.000Z"
    const text = JSON.stringify({ run_id: "r", seq: index + 1, at, status: "in_progress", record })
    return { seq: index + 1, status: "in_progress", text, bytes: Buffer.byteLength(text) }
  })
}

const message = (text: string) => ({
  type: "event",
  event: { type: "item.completed", item: { id: text.slice(0, 9), type: "agent_message", text } }
})
const output = (aggregated_output: string) => ({
  type: "event",
  event: { type: "item.completed", item: { id: "c", type: "command_execution", aggregated_output } }
})

async function shown(reader: Reader, records: ReadonlyArray<object>): Promise<void> {
  await reader.take(lines(...records))
  await reader.finish()
}

describe("records for programs", () => {
  it("are the journal's own text, one a line", async () => {
    const { output: out, text } = paper()
    const records = [message("a\u2028b"), message("\u009b2J")]
    await shown(jsonReader(out, false), records)
    expect(text()).toBe(
      lines(...records)
        .map((line) => `${line.text}\n`)
        .join("")
    )
  })

  it("hold no byte that a terminal obeys when they go to one, and mean the same", async () => {
    const { output: out, text } = paper()
    await shown(jsonReader(out, true), [message("\u009b2J\u007f")])
    // oxlint-disable-next-line no-control-regex
    expect(text()).not.toMatch(/[\u007f-\u009f]/)
    expect(JSON.parse(text())).toEqual(JSON.parse(lines(message("\u009b2J\u007f"))[0]?.text ?? ""))
  })
})

describe("the last message alone", () => {
  it.each([
    ["is the last of several", [message("first"), output("x"), message("last")], "last\n"],
    ["is what a command wrote when nobody said anything", [output("one\ntwo\n")], "one\ntwo\n"],
    ["is nothing when there was nothing", [{ type: "state", state: "running" }], ""],
    ["has its escape sequences in a pipe", [message("\u001b[1mbold")], "\u001b[1mbold\n"]
  ])("%s", async (_what, records, text) => {
    const page = paper()
    await shown(quietReader(page.output, false), records)
    expect(page.text()).toBe(text)
  })

  it("has none on a terminal", async () => {
    const page = paper()
    await shown(quietReader(page.output, true), [message("\u001b[1mbold\u001b]0;x\u0007")])
    expect(page.text()).toBe("bold\n")
  })
})

describe("lines for people", () => {
  const looks = { colour: false, live: false, marks: false }
  const parts = { head: () => "codex run_1", idle: "working", trace: "t", marks: false, columns: () => 40 }

  it("are plain and final in a pipe", async () => {
    const page = paper()
    await shown(liveReader({ ...parts, looks, output: page.output }), [message("Hello\u001b[2J")])
    expect(page.text()).toBe("\nHello\n")
  })

  it("have one line drawn over on a terminal, which is taken away before others come", async () => {
    const page = paper()
    const reader = liveReader({ ...parts, looks: { colour: false, live: true, marks: true }, output: page.output })
    await reader.take(lines({ type: "state", state: "running" }))
    await new Promise<void>((resolve) => {
      const look = () => (page.text().includes("working") ? resolve() : setImmediate(look))
      look()
    })
    await shown(reader, [message("ignored: its seq is old"), message("Hello")])
    expect(page.text().replaceAll("\u001b", "ESC")).toMatch(/⠋ .*working\rESC\[2K/)
    expect(page.text().endsWith("Hello\n")).toBe(true)
  })

  it.each([
    ["colour where it is wanted", true, "\u001b[31mno\u001b[39m"],
    ["none where it is not", false, "no"]
  ])("have %s", (_what, colour, text) => {
    expect(paint({ tone: "bad", text: "no" }, colour)).toBe(text)
  })
})
