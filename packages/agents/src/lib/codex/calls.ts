import type { DialectSink } from "@signalbox/machine"
import { RpcError, readWire } from "./wire.ts"

// Our requests to the app-server and what waits for their answers.

export type Answer = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly message: string }

/** Owned by one dialect. An answer that never comes costs one entry until the process ends. */
export interface Calls {
  lastId: number
  readonly waiting: Map<number, (answer: Answer) => void>
}

export const makeCalls = (): Calls => ({ lastId: 0, waiting: new Map() })

export interface Call {
  readonly method: string
  readonly params: object
  readonly answered: (answer: Answer) => void
}

export function call(calls: Calls, sink: DialectSink, { method, params, answered }: Call): void {
  const id = ++calls.lastId
  calls.waiting.set(id, answered)
  sink.write(JSON.stringify({ id, method, params }))
}

/** Takes an answer in. False when nobody asked. */
export function takeAnswer(calls: Calls, message: Readonly<Record<string, unknown>>): boolean {
  const id = message["id"]
  const answered = typeof id === "number" ? calls.waiting.get(id) : undefined
  if (answered === undefined) return false
  calls.waiting.delete(id as number)
  if (message["error"] === undefined) answered({ ok: true, result: message["result"] })
  else answered({ ok: false, message: readWire(RpcError, message["error"])?.message ?? "the agent gave no reason" })
  return true
}
