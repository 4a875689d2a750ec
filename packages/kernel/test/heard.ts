import { until } from "@signalbox/proof"
import type { AskFrame, RunEvent } from "@signalbox/protocol"
import type { Ending } from "@signalbox/machine"
import type { OpenRun, RunSink } from "../src/index.ts"

// A sink that remembers all it is told, and in which order.

export interface Heard {
  readonly id: string
  readonly sink: RunSink
  readonly events: Array<RunEvent>
  readonly asks: Array<AskFrame>
  /** Diagnostics as "level source: message". */
  readonly diags: Array<string>
  /** All of them: a run has exactly one. */
  readonly endings: Array<Ending>
  /** Everything in order, one word each: "event item.completed", "ask", "diag", "end completed". */
  readonly words: Array<string>
  /** The run, once it was handed over. */
  run: OpenRun | undefined
}

export function listen(id: string): Heard {
  const heard: Omit<Heard, "sink"> = { id, events: [], asks: [], diags: [], endings: [], words: [], run: undefined }
  const sink: RunSink = {
    event: (event) => {
      heard.events.push(event)
      heard.words.push(`event ${event.type}`)
    },
    ask: (ask) => {
      heard.asks.push(ask)
      heard.words.push("ask")
    },
    diag: (level, source, message) => {
      heard.diags.push(`${level} ${source}: ${message}`)
      heard.words.push("diag")
    },
    end: (ending) => {
      heard.endings.push(ending)
      heard.words.push(`end ${ending.outcome}`)
    }
  }
  return Object.assign(heard, { sink })
}

const long = 20_000

/** The one ending of a run. */
export async function endOf(heard: Heard): Promise<Ending> {
  await until(`${heard.id} ends; it heard ${heard.words.slice(-5).join(", ")}`, () => heard.endings.length > 0, long)
  return heard.endings[0] as Ending
}

/** The first event of a type, as soon as it is there. */
export async function eventOf(heard: Heard, type: string): Promise<RunEvent> {
  const find = () => heard.events.find((event) => event.type === type)
  await until(`${heard.id} hears ${type}`, () => find() !== undefined || heard.endings.length > 0, long)
  const found = find()
  if (found === undefined) throw new Error(`${heard.id} ended without ${type}: ${JSON.stringify(heard.endings)}`)
  return found
}

/** What the agent said, message by message. */
export function textsOf(heard: Heard): ReadonlyArray<string> {
  return heard.events.flatMap((event) => {
    const item = event["item"] as { readonly type?: string; readonly text?: string } | undefined
    return event.type === "item.completed" && item?.type === "agent_message" ? [item.text ?? ""] : []
  })
}

/** "completed", or the outcome with the code of its error: "lost runner_exited". */
export function told(ending: Ending | undefined): string {
  if (ending === undefined) return "nothing"
  return ending.error === undefined ? ending.outcome : `${ending.outcome} ${ending.error.code}`
}
