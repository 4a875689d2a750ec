import type { EndedBody, RecordBody, TraceRecord } from "@signalbox/protocol"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeNarrator, type Narrator } from "../src/narrator.ts"

const stats = { events: 1, diags: 0, wait_ms: 1, duration_ms: 1_500 }
const completed: EndedBody = { type: "ended", outcome: "completed", stats }

/** A narrator and a way to tell it things, a tenth of a second apart. */
function narration(agent = "codex", marks = false) {
  const head = () => `${agent} run_1`
  const narrator = makeNarrator({ head, idle: "working", trace: "~/run_1.ndjson", marks })
  let seq = 0
  const take = (body: RecordBody): ReadonlyArray<string> => {
    seq += 1
    const at = new Date(1_000_000 + seq * 100).toISOString()
    const status = body.type === "ended" ? body.outcome : "in_progress"
    const record: TraceRecord = { run_id: "run_1", seq, at, status, record: body }
    return narrator.take(record).map(({ text }) => text)
  }
  const event = (fields: { readonly type: string }) => take({ type: "event", event: fields })
  take({ type: "started", agent, principal: "local", attempt: 1, prompt: { sha256: "", bytes: 0 } })
  return { narrator, take, event }
}

const item = (type: string, fields: object) => ({ type, item: fields }) as { readonly type: string }
const delta = (id: string, text: string, field = "aggregated_output") =>
  ({ type: "item.delta", item_id: id, field, delta: text }) as { readonly type: string }

const command = { id: "c1", type: "command_execution", command: "make test" }

describe("a command of an agent", () => {
  it("is told with its line, its output as it grows, and how long it took", () => {
    const { event } = narration()
    expect(event(item("item.started", command))).toEqual(["", "$ make test"])
    expect(event(delta("c1", "one\ntw"))).toEqual(["    one"])
    expect(event(delta("c1", "o\n"))).toEqual(["    two"])
    const done = { ...command, aggregated_output: "one\ntwo\n", exit_code: 0, status: "completed" }
    expect(event(item("item.completed", done))).toEqual(["  ok 0.3 s"])
  })

  it("is told with its exit code when it failed", () => {
    const { event } = narration()
    const done = { ...command, aggregated_output: "no", exit_code: 2, status: "failed", duration_ms: 40 }
    expect(event(item("item.completed", done))).toEqual([
      "",
      "$ make test",
      "    no",
      "  FAILED exit code 2 after 40 ms"
    ])
  })

  it("is told with marks where the terminal has them", () => {
    const { event } = narration("codex", true)
    expect(event(item("item.completed", { ...command, exit_code: 0, status: "completed" }))).toContain("  ✓ 0 ms")
  })

  it("is shortened to its first line when it has many", () => {
    const { event } = narration()
    expect(event(item("item.started", { ...command, command: "a\nb\nc" }))).toEqual(["", "$ a  (+2 lines)"])
  })

  it("cannot do anything to the terminal, neither by its line nor by its output", () => {
    const { event } = narration()
    expect(event(item("item.started", { ...command, command: "echo \u001b]0;evil\u0007x" }))).toEqual(["", "$ echo x"])
    expect(event(delta("c1", "\u001b[2J\u001b[1;1"))).toEqual([])
    expect(event(delta("c1", "Hgone\n"))).toEqual(["    gone"])
  })

  it("keeps its lines apart from those of another one at the same time", () => {
    const { event } = narration()
    event(item("item.started", command))
    event(item("item.started", { ...command, id: "c2", command: "make docs" }))
    expect(event(delta("c1", "from one\n"))).toEqual(["  in $ make test", "    from one"])
    expect(event(delta("c2", "from two\n"))).toEqual(["  in $ make docs", "    from two"])
  })

  it("is shown in pieces when a line never ends, so that memory is bounded", () => {
    const { event } = narration()
    event(item("item.started", command))
    const shown = Array.from({ length: 10 }, () => event(delta("c1", "x".repeat(10_000)))).flat()
    expect(shown.length).toBeGreaterThanOrEqual(4)
    expect(shown.join("").replaceAll(" ", "").length).toBeGreaterThanOrEqual(80_000)
  })
})

describe("a message of an agent", () => {
  it("is told line by line as it is written", () => {
    const { event } = narration()
    event(item("item.started", { id: "m", type: "agent_message", text: "" }))
    expect(event(delta("m", "Hello\nwor", "text"))).toEqual(["", "Hello"])
    expect(event(item("item.completed", { id: "m", type: "agent_message", text: "Hello\nworld" }))).toEqual(["world"])
  })

  it("is told the same however it was cut into deltas", () => {
    const text = "First line.\n\nSecond \u001b[1mline\u001b[0m.\nThird"
    const cuts = fc.array(fc.nat({ max: text.length }), { maxLength: 6 })
    const whole = narration().event(item("item.completed", { id: "m", type: "agent_message", text }))
    fc.assert(
      fc.property(cuts, (places) => {
        const { event } = narration()
        const ends = [...places].sort((one, other) => one - other)
        const pieces = [0, ...ends].map((start, index) => text.slice(start, ends[index] ?? text.length))
        event(item("item.started", { id: "m", type: "agent_message", text: "" }))
        const told = pieces.flatMap((piece) => event(delta("m", piece, "text")))
        told.push(...event(item("item.completed", { id: "m", type: "agent_message", text })))
        expect(told).toEqual(whole)
      })
    )
  })
})

describe("other things that an agent does", () => {
  it.each([
    [
      "a changed file",
      { type: "file_change", changes: [{ path: "a.ts", kind: "add" }] },
      ["* changes files", "    add a.ts"]
    ],
    ["a tool", { type: "mcp_tool_call", server: "docs", tool: "search" }, ["* tool docs.search"]],
    ["a search", { type: "web_search", query: "x" }, ["* searches the web: x"]],
    [
      "a plan",
      { type: "todo_list", items: [{ text: "one", completed: true }, { text: "two" }] },
      ["* plan", "    [x] one", "    [ ] two"]
    ],
    ["something new", { type: "hologram" }, ["* hologram"]]
  ])("are told: %s", (_what, fields, lines) => {
    const shown = narration().event(item("item.completed", { id: "i", ...fields, status: "completed" }))
    expect(shown.slice(1, -1)).toEqual(lines)
  })

  it.each([
    ["an error", { type: "error", message: "over\u0007loaded" }, ["! overloaded"]],
    ["a retry", { type: "model.retry", message: "again" }, ["! again"]],
    ["an unknown event", { type: "hologram.flickered" }, []],
    ["an item without an id", { type: "item.completed", item: { type: "x" } }, []],
    ["an item that is no object", { type: "item.completed", item: 7 }, []],
    ["a delta of nothing", { type: "item.delta", item_id: "nobody" }, []]
  ])("and events: %s", (_what, event, lines) => {
    expect(narration().event(event)).toEqual(lines)
  })

  it("tells a question in one line", () => {
    const ask = {
      type: "permission.requested",
      kind: "permission",
      subject: "command",
      command: ["rm", "-r"],
      reason: "a\nb"
    }
    expect(narration().event(ask)).toEqual(["? the agent asks for permission: rm -r (a b)"])
  })

  it("shows a command's stderr among its output, and a runner's words with their level", () => {
    const said = { type: "diag", level: "info", source: "runner", message: "careful" } as const
    expect(narration("command").take(said)).toEqual(["    careful"])
    expect(narration().take(said)).toEqual(["info: careful"])
    expect(narration().take({ ...said, level: "debug" })).toEqual([])
  })
})

describe("the end", () => {
  it("says how it ended, how long it took, what was used, and where the trace is", () => {
    const { take, event } = narration()
    event(item("item.completed", { ...command, exit_code: 0, status: "completed" }))
    const usage = { input_tokens: 12_345, cached_input_tokens: 1_000, output_tokens: 67 }
    expect(take({ ...completed, usage })).toEqual([
      "",
      "completed after 1.5 s, 1 step, 12,345 tokens in (1,000 cached), 67 out",
      "trace: ~/run_1.ndjson"
    ])
  })

  it("says why, what to do, and what a dead runner wrote last", () => {
    const exit = { exit_code: 70, signal: null, stderr_tail: "Traceback\u001b[2J\nboom\n", drained: true, swept: 2 }
    const error = { code: "runner_exited", message: "the runner exited with code 70" } as const
    expect(narration().take({ type: "ended", outcome: "lost", error, exit, stats })).toEqual([
      "",
      "! the runner exited with code 70",
      "the last lines of its stderr:",
      "    Traceback",
      "    boom",
      "2 processes that it left behind were ended",
      "The runner's process died under the run; exit code, signal and stderr are in the trace.",
      "lost: its runner died after 1.5 s",
      "trace: ~/run_1.ndjson"
    ])
  })

  it("does not repeat a complaint that was just shown", () => {
    const { take, event } = narration()
    event({ type: "error", message: "no" } as { readonly type: string })
    const error = { code: "agent_failed", message: "no" } as const
    const lines = take({ type: "ended", outcome: "failed", error, stats })
    expect(lines).toEqual(["", "failed after 1.5 s", "trace: ~/run_1.ndjson"])
  })

  it("shows the line that was still unfinished", () => {
    const { take, event } = narration()
    event(item("item.started", command))
    event(delta("c1", "half a line"))
    expect(take(completed)[0]).toBe("    half a line")
  })
})

describe("what goes on now", () => {
  const present = ({ present: now }: Narrator) => now().text

  it("is the open item with its unfinished line, else what the run does", () => {
    const { narrator, event, take } = narration()
    take({ type: "state", state: "queued" })
    expect(present(narrator)).toBe("starting")
    take({ type: "state", state: "running" })
    expect(present(narrator)).toBe("working")
    event(item("item.started", command))
    expect(present(narrator)).toBe("$ make test")
    event(delta("c1", "10%\r50%"))
    expect(present(narrator)).toBe("$ make test: 50%")
  })

  it("is a question as long as one is open", () => {
    const { narrator, event, take } = narration()
    take({ type: "state", state: "running" })
    event({ type: "permission.requested", request: "q" } as { readonly type: string })
    expect(present(narrator)).toBe("waiting for an answer")
  })
})
