import type { EndedBody, EventBody, RecordBody, StartedBody } from "@signalbox/protocol"

// Record bodies for tests.

export const started: StartedBody = {
  type: "started",
  agent: "codex",
  principal: "local",
  attempt: 1,
  prompt: { sha256: "00", bytes: 2 }
}

export const ended: EndedBody = {
  type: "ended",
  outcome: "completed",
  usage: { output_tokens: 7 },
  stats: { events: 1, diags: 0, wait_ms: 0, duration_ms: 5 }
}

export function event(text: string): EventBody {
  return { type: "event", event: { type: "item.delta", item_id: "i", field: "text", delta: text } }
}

export const noon = Date.UTC(2026, 0, 2, 12)

/** One body for each way in which a value cannot become JSON. */
export const unencodable: ReadonlyArray<readonly [what: string, body: RecordBody]> = [
  ["a cycle", cyclic()],
  ["a bigint", { type: "event", event: { type: "x", big: 1n } }],
  ["a method toJSON that throws", { type: "event", event: { type: "x", toJSON: () => fail("no") } }],
  ["no object at all", Object.assign(() => {}, event("x"))],
  ["a list", Object.assign([], event("x"))]
]

function cyclic(): EventBody {
  const body = event("x")
  body.event["self"] = body
  return body
}

function fail(message: string): never {
  throw new Error(message)
}
