// A child that gives its one run a number of events of a size, both named by the prompt, and then its end.
import { Buffer } from "node:buffer"
import { createInterface } from "node:readline"
import { writeAll } from "./write-all.ts"

interface RunLine {
  readonly type: string
  readonly id: string
  readonly params: { readonly prompt: string }
}

for await (const line of createInterface({ input: process.stdin })) {
  const frame = JSON.parse(line) as RunLine
  if (frame.type !== "run") continue
  const [events = 0, bytes = 0] = frame.params.prompt.split(" ").map(Number)
  const event = { type: "event", id: frame.id, event: { type: "item.delta", text: "x".repeat(bytes) } }
  const text = Buffer.from(`${JSON.stringify(event)}\n`)
  for (let count = 0; count < events; count++) writeAll(1, text)
  writeAll(1, Buffer.from(`${JSON.stringify({ type: "end", id: frame.id, status: "ok" })}\n`))
}
