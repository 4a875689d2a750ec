import { Buffer } from "node:buffer"
import { eventsInBlock, type FloodOrder, type Framing, idOfRun } from "../flood-order.ts"

// The bytes that a flooding child writes.

export interface EventFacts {
  readonly run: number
  /** What the receiver checks: the event's place in its block, or when it was sent, in microseconds of the steady clock. */
  readonly mark: number
}

const ascii =
  "I looked at the failing test first. It waits for the second reader, and the second reader is only started when the first has seen a record, so both wait for each other; "
const unicode =
  "Zuerst sah ich mir den Test an: er wartet auf den zweiten Leser, der zweite wird aber erst gestartet, wenn der erste etwas gesehen hat \u2013 beide warten. \u6700\u521d\u306e\u8aad\u8005\u3092\u5f85\u3064; "

/** One event in the child's framing, exactly as long as the order says. */
export function eventBytes(order: FloodOrder, facts: EventFacts): Buffer {
  const bare = Buffer.byteLength(JSON.stringify(messageOf(order.framing, facts, "")))
  const room = order.bytes - bare - (order.framing === "json-rpc" ? 0 : 1)
  if (room < 0) throw new Error(`an event of ${order.framing} does not fit in ${order.bytes} bytes`)
  const body = Buffer.from(JSON.stringify(messageOf(order.framing, facts, textOf(order.text, room, facts.mark))))
  if (order.framing !== "json-rpc") return Buffer.concat([body, Buffer.from("\n")])
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body])
}

export function blockBytes(order: FloodOrder): ReadonlyArray<Buffer> {
  return Array.from({ length: eventsInBlock(order) }, (_, place) =>
    eventBytes(order, { run: place % order.runs, mark: place })
  )
}

/** The message that ends a run; only our own protocol has one. */
export function endBytes(framing: Framing, run: number): Buffer {
  return Buffer.from(framing === "stdio" ? `{"type":"end","id":"${idOfRun(run)}","status":"ok"}\n` : "")
}

function messageOf(framing: Framing, { run, mark }: EventFacts, text: string): object {
  const id = idOfRun(run)
  switch (framing) {
    case "stdio":
      return { type: "event", id, event: { type: "item.delta", item_id: "item_1", mark, text } }
    case "json-rpc":
      return { jsonrpc: "2.0", method: "event", params: { id, event: { type: "item.delta", mark, text } } }
    case "acp": {
      // A short id: the names of this protocol nearly fill a message of 200 bytes already.
      const content = { type: "text", text }
      const update = { sessionUpdate: "agent_message_chunk", content, _meta: { mark } }
      return { jsonrpc: "2.0", method: "session/update", params: { sessionId: String(run), update } }
    }
  }
}

/** Text of exactly so many bytes, different from event to event. */
function textOf(kind: FloodOrder["text"], bytes: number, mark: number): string {
  const source = kind === "ascii" ? ascii : unicode
  let text = source.slice(mark % source.length)
  while (Buffer.byteLength(text) < bytes) text += source
  const cut = new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true })
  return cut.replace(/\ufffd+$/u, "").concat("-".repeat(bytes - Buffer.byteLength(cut)))
}
