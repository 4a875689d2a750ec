import { readdirSync, readFileSync } from "node:fs"
import { codexAgent } from "@signalbox/agents"
import type { RunEvent } from "@signalbox/protocol"
import { KnownEvent, StderrFrame, StdoutFrame } from "@signalbox/protocol"
import { describe, expect, it } from "vitest"
import type { Exchange } from "./driven-agent.ts"
import { type Heard, startDialect } from "./heard.ts"

// Recordings of a real Codex in, frames out. `record-codex.ts` makes the recordings.

const folder = new URL("./recordings/codex/", import.meta.url)

/** Plays a recording; the lines that the dialect writes now must be those that it wrote then, in the same places. */
function replay(name: string): Heard {
  const dialect = codexAgent.dialect()
  const heard = startDialect(dialect)
  let written = 0
  for (const line of readFileSync(new URL(`${name}.jsonl`, folder), "utf8")
    .trimEnd()
    .split("\n")) {
    const exchange = JSON.parse(line) as Exchange
    if (exchange.way === "host") dialect.encode(exchange.frame, heard.sink)
    else if (exchange.way === "out") dialect.stdout(exchange.line, heard.sink)
    else expect(heard.written[written++]).toBe(exchange.line)
  }
  expect(heard.written.slice(written)).toEqual([])
  expect(heard.strays).toEqual([])
  return heard
}

const opening = ["hello codex 0.169.0", "all diag warn", "a thread.started", "a diag warn", "a turn.started"]
const message = ["item.started agent_message", "item.delta", "item.completed agent_message"].map((word) => `a ${word}`)
const reasoning = ["item.started reasoning", "item.delta", "item.completed reasoning"].map((word) => `a ${word}`)
const commandStarted = "a item.started command_execution"
const asked = [...opening, commandStarted, "a ask command"]

const stories: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
  [
    "a turn with a thought, a text and a parameter that Codex does not know",
    "text",
    [
      "hello codex 0.169.0",
      "a diag warn",
      "all diag warn",
      "a thread.started",
      "a vendor thread/settings/updated",
      "a diag warn",
      "a turn.started",
      ...reasoning,
      ...message,
      "a usage",
      "a turn.completed",
      "a end ok"
    ]
  ],
  [
    "a command that fails",
    "command",
    [
      ...opening,
      commandStarted,
      "a item.delta",
      "a item.completed command_execution failed",
      "a usage",
      ...message,
      "a usage",
      "a turn.completed",
      "a end ok"
    ]
  ],
  [
    "a cancel while a command runs: the command is completed before the end",
    "cancel-command",
    [
      ...opening,
      commandStarted,
      "a usage",
      "a item.completed command_execution failed",
      "a turn.failed",
      "a end cancelled"
    ]
  ],
  ["a cancel before the turn's id is known", "cancel-at-once", [...opening, "a turn.failed", "a end cancelled"]],
  [
    "a model that refuses the key",
    "model-401",
    [...opening, "a model.retry", "a error", "a turn.failed", "a end error"]
  ],
  ["a model that always fails", "model-500", [...opening, "a model.retry", "a error", "a turn.failed", "a end error"]],
  [
    "a torn stream: the messages that Codex leaves open are completed",
    "stream-cut",
    [
      ...opening,
      "a item.started agent_message",
      "a item.delta",
      "a model.retry",
      "a item.started agent_message",
      "a item.delta",
      "a error",
      "a item.completed agent_message",
      "a item.completed agent_message",
      "a turn.failed",
      "a end error"
    ]
  ],
  [
    "a question that is answered with yes",
    "ask-accept",
    [
      ...asked,
      "a item.completed command_execution completed",
      "a usage",
      ...message,
      "a usage",
      "a turn.completed",
      "a end ok"
    ]
  ],
  [
    "a question that is answered with no",
    "ask-decline",
    [
      ...asked,
      "a item.completed command_execution declined",
      "a usage",
      ...message,
      "a usage",
      "a turn.completed",
      "a end ok"
    ]
  ],
  [
    "a question that is answered with cancel",
    "ask-cancel",
    [...asked, "a item.completed command_execution declined", "a usage", "a turn.failed", "a end cancelled"]
  ],
  ["a thread that Codex refuses to open", "bad-sandbox", ["hello codex 0.169.0", "all diag warn", "a end error"]],
  ["a thread that is not there", "unknown-thread", ["hello codex 0.169.0", "all diag warn", "a end error"]]
]

describe("a recorded Codex", () => {
  it.each(stories)("tells %s", (_sentence, name, words) => {
    expect(replay(name).words()).toEqual(words)
  })

  it.each(recordings())("says in %s only frames that the protocol knows", (name) => {
    for (const frame of replay(name).frames) {
      const schema = frame.type === "diag" || frame.type === "fatal" ? StderrFrame : StdoutFrame
      expect(schema.safeParse(frame).error).toBeUndefined()
      if (frame.type === "event") expect(KnownEvent.safeParse(frame.event).error).toBeUndefined()
    }
  })

  it.each(recordings())("completes in %s every item once, with the text that its deltas began", (name) => {
    for (const run of ["a", "b"]) checkItems(eventsOf(replay(name), run))
  })

  it("keeps two runs of one process apart", () => {
    const heard = replay("two-runs")
    const texts = (run: string) => completed(eventsOf(heard, run), "agent_message").map((item) => item["text"])
    expect(texts("a")).toEqual(["word1 word2 word3 word4 word5 "])
    expect(texts("b")).toEqual(["Hello from the stub. Grüße, 你好 🎉"])
    expect(heard.frames.filter((frame) => frame.type === "end")).toHaveLength(2)
  })

  it("goes on with a thread and counts only what the second turn used", () => {
    const heard = replay("resume")
    const [first, second] = ["a", "b"].map((run) => eventsOf(heard, run))
    const thread = (events: ReadonlyArray<RunEvent> | undefined) => events?.[0]?.["thread_id"]
    expect(thread(second)).toBe(thread(first))
    const usage = second?.find((event) => event.type === "turn.completed")?.["usage"]
    expect(usage).toMatchObject({ input_tokens: 100, cached_input_tokens: 40, output_tokens: 20 })
  })

  it("adds up the calls of one turn", () => {
    const usage = eventsOf(replay("command"), "a").find((event) => event.type === "turn.completed")?.["usage"]
    expect(usage).toMatchObject({ input_tokens: 200, cached_input_tokens: 80, output_tokens: 40 })
  })

  it("gives a command's output, exit code and status", () => {
    const [item] = completed(eventsOf(replay("command"), "a"), "command_execution")
    expect(item).toMatchObject({ aggregated_output: "out\nerr\ndone\n", exit_code: 3, status: "failed" })
  })

  it("names the kind of error that Codex gave, in the text and as data", () => {
    const end = replay("model-401").frames.at(-1)
    expect(end).toMatchObject({ codex_error_info: { httpConnectionFailed: { httpStatusCode: 401 } } })
    expect(end).toHaveProperty("error", expect.stringMatching(/the stub refuses.*\(httpConnectionFailed 401\)$/))
  })

  it("offers the choices that Codex offers", () => {
    expect(replay("ask-accept").frames.find((frame) => frame.type === "ask")).toMatchObject({
      kind: "permission",
      reason: "the stub asks",
      command: "/bin/bash -lc 'touch ../outside && echo touched'",
      choices: ["accept", { acceptWithExecpolicyAmendment: expect.anything() }, "cancel"]
    })
  })

  it("gives what a helper agent says as vendor events, and ends when the helper has ended", () => {
    const words = replay("helper").words()
    const helperOver = words.lastIndexOf("a vendor turn/completed")
    expect(helperOver).toBeGreaterThan(0)
    expect(words.slice(helperOver)).toEqual(["a vendor turn/completed", "a turn.completed", "a end ok"])
  })

  it("says hello before anything of a run, with the abilities to cancel and to answer", () => {
    expect(replay("text").frames[0]).toEqual({
      type: "hello",
      protocol: 1,
      agent: "codex",
      version: "0.169.0",
      capabilities: { cancel: "cooperative", answer: true }
    })
  })
})

function recordings(): ReadonlyArray<string> {
  return readdirSync(folder).map((file) => file.replace(".jsonl", ""))
}

function eventsOf(heard: Heard, run: string): ReadonlyArray<RunEvent> {
  return heard.frames.flatMap((frame) => (frame.type === "event" && frame.id === run ? [frame.event] : []))
}

type Item = Readonly<Record<string, unknown>>

function completed(events: ReadonlyArray<RunEvent>, type: string): ReadonlyArray<Item> {
  const items = events.flatMap((event) => (event.type === "item.completed" ? [event["item"] as Item] : []))
  return items.filter((item) => item["type"] === type)
}

function checkItems(events: ReadonlyArray<RunEvent>): void {
  const open = new Map<unknown, string>()
  for (const event of events) {
    const item = event["item"] as Item | undefined
    if (event.type === "item.started") open.set(item?.["id"], "")
    if (event.type === "item.delta") {
      open.set(event["item_id"], `${open.get(event["item_id"])}${String(event["delta"])}`)
    }
    if (event.type === "item.completed") {
      const whole = String(item?.["text"] ?? item?.["aggregated_output"] ?? "")
      // The first output of a command may come without a delta, so deltas are the end of the whole.
      expect(whole.endsWith(open.get(item?.["id"]) ?? "no such item")).toBe(true)
      open.delete(item?.["id"])
    }
  }
  expect([...open.keys()]).toEqual([])
}
