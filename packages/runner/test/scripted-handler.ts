import type { RunEvent, RunParams } from "@signalbox/protocol"
import type { RunContext } from "../src/index.ts"

// A handler that is told by its prompt what to do: deeds separated by "; ", done in order.

const event = (text: string): RunEvent => ({ type: "item.completed", text })
const cyclic: Record<string, unknown> = { type: "vendor" }
cyclic["self"] = cyclic

export async function* scriptedHandler(_params: RunParams, context: RunContext<AbortSignal>): AsyncGenerator<RunEvent> {
  for (const deed of context.prompt.split("; ")) yield* deeds(deed, context)
}

async function* deeds(deed: string, context: RunContext<AbortSignal>): AsyncGenerator<RunEvent> {
  const [verb = "", ...rest] = deed.split(" ")
  const text = rest.join(" ")
  switch (verb) {
    case "say":
      return yield event(text)
    case "send":
      return await context.send(event(text))
    case "report":
      return yield { type: "error", message: text }
    case "turn-fails":
      return yield { type: "turn.failed", error: { message: text } }
    case "diag":
      return context.diag("info", text)
    case "throw":
      throw new Error(text.replaceAll("\\n", "\n"))
    case "throw-nothing":
      throw undefined
    case "say-nonsense":
      return yield { text: "no type" } as unknown as RunEvent
    case "say-cycle":
      return yield cyclic as RunEvent
    case "say-big":
      return yield { type: "vendor", raw: "é".repeat(Number(text)) }
    case "until-cancelled":
      await aborted(context.signal)
      throw context.signal.reason
    case "return-when-cancelled":
      return await aborted(context.signal)
    case "throw-when-cancelled":
      await aborted(context.signal)
      throw new Error(text)
    case "say-cleaning-up":
      try {
        return yield* deeds("return-when-cancelled", context)
      } finally {
        await context.send(event("usage"))
        await context.send(event("goodbye"))
      }
    case "ask":
      return yield event(`answered ${JSON.stringify(await context.ask({ kind: "question", text }))}`)
    case "ask-nonsense":
      return void (await context.ask({ kind: "riddle" as "question" }))
    case "leave-asking":
      return void context.ask({ kind: "permission" })
    default:
      throw new Error(`the script has no verb ${verb}`)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
}
