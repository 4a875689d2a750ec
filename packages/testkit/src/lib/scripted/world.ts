import type { ByteOutput } from "./byte-output.ts"
import type { StdinCounts } from "./stdin-lines.ts"

// What a deed can see and touch.

/** One run of the scripted runner, from its `run` line to its end. */
export interface ScriptedRun {
  readonly id: string
  readonly params: Readonly<Record<string, unknown>>
  cancelled: boolean
  /** The script wants to meet the cancel itself: it goes on after it. */
  meetsCancel: boolean
  /** The last `error` event's message: it turns the default end into an error. */
  failure: string | undefined
  readonly answers: Map<string, unknown>
  items: number
}

/** The whole runner. Owned by the process and gone with it. */
export interface World {
  readonly stdout: ByteOutput
  readonly stderr: ByteOutput
  readonly stdin: StdinCounts
  readonly runs: Map<string, ScriptedRun>
  /** The most runs that were in progress at the same time. */
  readonly highest: () => number
  readonly inputEnded: () => boolean
  readonly stopReading: () => void
  /** Writes one frame on stdout. */
  readonly frame: (frame: object) => void
  readonly event: (run: ScriptedRun, event: object) => void
  readonly end: (run: ScriptedRun, end: RunEnd) => void
  readonly diag: (run: ScriptedRun | undefined, level: string, message: string) => void
  /** Resolves when the fact holds; it is looked at after every line of input and every end of a run. */
  readonly until: (fact: () => boolean) => Promise<void>
}

export type RunEnd = { readonly status: "ok" | "cancelled" } | { readonly status: "error"; readonly error: string }

/** One line of a script, ready to be done. */
export type Deed = (world: World, run: ScriptedRun) => void | Promise<void>

export function agentMessage(run: ScriptedRun, text: string): object {
  return { type: "item.completed", item: { id: nextItem(run), type: "agent_message", text } }
}

export function nextItem(run: ScriptedRun): string {
  return `item_${++run.items}`
}

/** One line of text, as the `error` of an end has to be. */
export function flattened(text: string): string {
  return text.replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, " ").trim()
}
