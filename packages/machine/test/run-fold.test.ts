import type { RecordBody, RunEvent, TraceRecord } from "@signalbox/protocol"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { emptyRunView, foldRecord, type ItemView, type RunFoldLimits, type RunView, showText } from "../src/index.ts"

const at = (seq: number) => new Date(Date.UTC(2026, 0, 1) + seq * 1_000).toISOString()

const record = (body: RecordBody, seq: number): TraceRecord => ({
  run_id: "run_1",
  seq,
  at: at(seq),
  status: body.type === "ended" ? body.outcome : "in_progress",
  record: body
})

const started: RecordBody = {
  type: "started",
  agent: "codex",
  principal: "local",
  attempt: 1,
  prompt: { sha256: "00", bytes: 2 }
}
const ended: RecordBody = {
  type: "ended",
  outcome: "completed",
  stats: { events: 1, diags: 0, wait_ms: 0, duration_ms: 5 }
}
const event = (said: RunEvent): RecordBody => ({ type: "event", event: said })
const item = (kind: "started" | "updated" | "completed", fields: object): RecordBody =>
  event({ type: `item.${kind}`, item: fields })
const delta = (id: string, text: string, field = "text"): RecordBody =>
  event({ type: "item.delta", item_id: id, field, delta: text })

function fold(bodies: ReadonlyArray<RecordBody>, limits: Partial<RunFoldLimits> = {}): RunView {
  return bodies.map((body, index) => record(body, index + 1)).reduce(foldRecord, emptyRunView(limits))
}

/** One line per item, as a person might read it. */
function wordsOf(view: RunView): ReadonlyArray<string> {
  return [...view.items.values()].map(wordOf)
}

function wordOf({ id, type, status, text, output, command, exitCode }: ItemView): string {
  const parts = [id, type, status, command && `$ ${command}`, showText(text), showText(output)]
  return [...parts, exitCode !== undefined && `exit ${exitCode}`].filter(Boolean).join(" ")
}

describe("the fold of a trace, story by story", () => {
  it.each<[string, ReadonlyArray<RecordBody>, ReadonlyArray<string>]>([
    ["shows no item before one is heard of", [started, { type: "state", state: "running" }], []],
    [
      "grows a text by its deltas",
      [started, item("started", { id: "a", type: "agent_message" }), delta("a", "Hel"), delta("a", "lo")],
      ["a agent_message in_progress Hello"]
    ],
    [
      "replaces what deltas grew by the completed text",
      [
        item("started", { id: "a", type: "agent_message" }),
        delta("a", "Hxl"),
        item("completed", { id: "a", text: "Hello" })
      ],
      ["a agent_message completed Hello"]
    ],
    [
      "grows the output of a command and takes its exit code",
      [
        item("started", { id: "c", type: "command_execution", command: "ls", status: "in_progress" }),
        delta("c", "one\n", "aggregated_output"),
        item("completed", { id: "c", aggregated_output: "one\ntwo\n", exit_code: 2, status: "failed" })
      ],
      ["c command_execution failed $ ls one\ntwo\n exit 2"]
    ],
    [
      "keeps items in the order in which they were first heard of",
      [
        item("started", { id: "a" }),
        item("started", { id: "b" }),
        item("completed", { id: "b" }),
        item("completed", { id: "a" })
      ],
      ["a unknown completed", "b unknown completed"]
    ],
    ["shows an item that only deltas speak of", [delta("a", "early")], ["a unknown in_progress early"]],
    [
      "lets late deltas of a completed item pass",
      [item("completed", { id: "a", text: "done" }), delta("a", "!")],
      ["a unknown completed done"]
    ],
    [
      "passes over items without a usable id",
      [item("completed", { text: "x" }), item("completed", { id: 7 }), delta("x".repeat(2000), "x")],
      []
    ]
  ])("%s", (_, bodies, words) => {
    expect(wordsOf(fold(bodies))).toEqual(words)
  })

  it("tells a run from its start to its end", () => {
    const exit = { exit_code: 0, signal: null, stderr_tail: "", drained: true, swept: 0 }
    const view = fold([
      started,
      { type: "state", state: "running" },
      event({ type: "thread.started", thread_id: "t-1" }),
      event({ type: "turn.completed", usage: { input_tokens: 3, output_tokens: null } }),
      { ...ended, exit, usage: { input_tokens: 4 } }
    ])
    expect(view).toMatchObject({
      runId: "run_1",
      agent: "codex",
      principal: "local",
      threadId: "t-1",
      state: "completed"
    })
    expect(view).toMatchObject({ outcome: "completed", exit, usage: { input_tokens: 4 }, lastSeq: 5 })
    expect([view.startedAt, view.endedAt]).toEqual([at(1), at(5)])
  })

  it("knows when an item began and when it was completed", () => {
    const view = fold([started, item("started", { id: "a" }), delta("a", "x"), item("completed", { id: "a" })])
    expect(view.items.get("a")).toMatchObject({ startedAt: at(2), completedAt: at(4) })
  })

  it.each<[string, RunEvent, string]>([
    ["an error event", { type: "error", message: "no key" }, "no key"],
    ["a failed turn", { type: "turn.failed", error: { message: "refused" } }, "refused"],
    ["a retry", { type: "model.retry", attempt: 1, message: "again" }, "again"]
  ])("remembers the complaint of %s without ending the run", (_, said, complaint) => {
    expect(fold([started, { type: "state", state: "running" }, event(said)])).toMatchObject({
      complaint,
      state: "running"
    })
  })

  it("knows which questions are open", () => {
    const ask = (request: string) => event({ type: "permission.requested", request, kind: "permission" })
    const view = fold([started, ask("q1"), ask("q2"), event({ type: "permission.resolved", request: "q1" })])
    expect([...view.asking]).toEqual(["q2"])
  })

  it("asks nothing any more after the end, and keeps its outcome whatever follows", () => {
    const ask = event({ type: "permission.requested", request: "q1", kind: "permission" })
    const view = fold([started, ask, ended, { type: "state", state: "running" }])
    expect([...view.asking]).toEqual([])
    expect(view).toMatchObject({ state: "completed", outcome: "completed" })
  })

  it("believes only numbers of a usage", () => {
    const view = fold([event({ type: "usage", usage: { input_tokens: 1, output_tokens: "2", cost: [3] } })])
    expect(view.usage).toEqual({ input_tokens: 1 })
  })

  it("keeps no more open questions than items", () => {
    const asks = ["a", "b", "c"].map((request) => event({ type: "permission.requested", request, kind: "question" }))
    expect([...fold(asks, { items: 2 }).asking]).toEqual(["a", "b"])
  })

  it("counts what it does not know and goes on", () => {
    const strange = { type: "future", anything: 1 } as unknown as RecordBody
    const view = fold([started, strange, event({ type: "item.invented" }), event({ type: "vendor", raw: 1 }), ended])
    expect(view.counts).toMatchObject({ records: 5, events: 2, unknown: 2, vendor: 1 })
    expect(view.outcome).toBe("completed")
  })

  it("takes no record twice and says how many are missing", () => {
    const view = emptyRunView()
    for (const [seq, text] of [
      [1, "a"],
      [2, "b"],
      [2, "b"],
      [1, "a"],
      [5, "c"]
    ] as const) {
      foldRecord(view, record(delta("x", text), seq))
    }
    expect(showText(view.items.get("x")?.text ?? { head: "", cut: 0 })).toBe("abc")
    expect(view.counts).toMatchObject({ records: 3, repeated: 2, missing: 2 })
  })

  it("keeps the beginning of a long text and says how much more there was", () => {
    const view = fold([delta("a", "12345"), delta("a", "678"), delta("a", "90")], { textLength: 6 })
    expect(wordsOf(view)).toEqual(["a unknown in_progress 123456\n[... 4 more characters]"])
  })

  it("never cuts through a character", () => {
    const view = fold([delta("a", "12345\ud83d"), delta("a", "\ude00")], { textLength: 6 })
    expect(wordsOf(view)).toEqual(["a unknown in_progress 12345\n[... 2 more characters]"])
  })

  it("drops the oldest items when there are too many, and counts them", () => {
    const view = fold(
      ["a", "b", "c", "d"].map((id) => item("completed", { id })),
      { items: 2 }
    )
    expect([...view.items.keys()]).toEqual(["c", "d"])
    expect(view.counts.droppedItems).toBe(2)
  })
})

const field = fc.constantFrom("text", "aggregated_output")
const text = fc.string({ unit: "binary", maxLength: 40 })
const liveItem = fc.record({
  field,
  whole: text,
  pieces: fc.array(text, { maxLength: 6 }),
  status: fc.constantFrom("completed", "failed")
})

/** The records of one item: its start, its deltas, its completed form. */
function recordsOf(live: { field: string; whole: string; pieces: ReadonlyArray<string>; status: string }, id: string) {
  const completed = { id, type: "tool_call", status: live.status, [live.field]: live.whole }
  return [
    item("started", { id, type: "tool_call" }),
    ...live.pieces.map((piece) => delta(id, piece, live.field)),
    item("completed", completed)
  ]
}

const isDelta = (body: RecordBody) => body.type === "event" && body.event.type === "item.delta"

describe("the fold of a trace, for every trace", () => {
  it("gives the same items with deltas and without, once they are completed", () => {
    fc.assert(
      fc.property(fc.array(liveItem, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (lives, textLength) => {
        const bodies = [started, ...lives.flatMap((live, index) => recordsOf(live, `item_${index}`)), ended]
        const whole = bodies.map((body, index) => record(body, index + 1))
        const short = whole.filter(({ record: body }) => !isDelta(body))
        const live = whole.reduce(foldRecord, emptyRunView({ textLength }))
        const later = short.reduce(foldRecord, emptyRunView({ textLength }))
        expect([...later.items]).toEqual([...live.items])
      })
    )
  })

  it("grows the same text however it was cut into deltas", () => {
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 1, max: 50 }), (pieces, textLength) => {
        const live = fold(
          pieces.map((piece) => delta("a", piece)),
          { textLength }
        )
        const whole = fold([delta("a", pieces.join(""))], { textLength })
        expect(live.items.get("a")?.text ?? { head: "", cut: 0 }).toEqual(whole.items.get("a")?.text)
      })
    )
  })

  it("never throws and stays within its limits, whatever events hold", () => {
    const hostile = fc.record(
      {
        type: fc.constantFrom(
          "item.started",
          "item.delta",
          "item.completed",
          "usage",
          "turn.failed",
          "permission.requested"
        ),
        item: fc.oneof(fc.anything(), fc.record({ id: fc.string(), text: fc.anything(), exit_code: fc.anything() })),
        item_id: fc.oneof(fc.string(), fc.anything()),
        field,
        delta: fc.oneof(fc.string(), fc.anything()),
        usage: fc.anything(),
        error: fc.anything(),
        request: fc.oneof(fc.string(), fc.anything())
      },
      { requiredKeys: ["type"] }
    )
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 60 }), (events) => {
        const view = fold(
          events.map((said) => event(said)),
          { textLength: 4, items: 3 }
        )
        expect(view.items.size).toBeLessThanOrEqual(3)
        expect(view.asking.size).toBeLessThanOrEqual(3)
        for (const kept of view.items.values()) {
          expect(kept.text.head.length).toBeLessThanOrEqual(4)
          expect(kept.output.head.length).toBeLessThanOrEqual(4)
        }
      })
    )
  })
})
