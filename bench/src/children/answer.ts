// A child that answers each run at once with one event and its end, and leaves when its stdin ends.
import { Buffer } from "node:buffer"
import { createInterface } from "node:readline"
import { writeAll } from "./write-all.ts"

for await (const line of createInterface({ input: process.stdin })) {
  const frame = JSON.parse(line) as { readonly type: string; readonly id?: string }
  if (frame.type !== "run") continue
  const id = JSON.stringify(frame.id)
  const event = `{"type":"event","id":${id},"event":{"type":"turn.started"}}\n`
  writeAll(1, Buffer.from(`${event}{"type":"end","id":${id},"status":"ok"}\n`))
}
