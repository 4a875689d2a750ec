import { open } from "node:fs/promises"
import { resolve } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { serve } from "@signalbox/runner/node"

// Follows the file that the prompt names, a build log for example, and says what is written there as it is written. The
// run ends at the end of the file, or, with the parameter `until`, when that text has appeared.

await serve(
  async function* (params, { prompt, signal, diag }) {
    const { until } = params as { until?: string }
    const path = resolve(params.cwd ?? ".", prompt.trim())
    const file = await open(path)
    const decoder = new TextDecoder()
    const message = { id: "log", type: "agent_message", text: "" }
    try {
      diag("info", `following ${path}`)
      yield { type: "item.started", item: { ...message } }
      while (true) {
        const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(65_536) })
        const delta = decoder.decode(buffer.subarray(0, bytesRead), { stream: true })
        if (delta !== "") yield { type: "item.delta", item_id: message.id, field: "text", delta }
        message.text += delta
        if (bytesRead > 0) continue
        if (until === undefined || message.text.includes(until)) break
        await pause(50, undefined, { signal })
      }
      yield { type: "item.completed", item: message }
    } finally {
      await file.close()
    }
  },
  {
    agent: "follow",
    version: "1.0.0",
    check: ({ until }) => (until === undefined || typeof until === "string" ? undefined : "`until` is not a text")
  }
)
