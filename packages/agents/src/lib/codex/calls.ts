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

/** Asks. Params that JSON cannot carry are answered here, with a refusal. */
export function call(calls: Calls, sink: DialectSink, { method, params, answered }: Call): void {
  const id = ++calls.lastId
  const line = encodeLine({ id, method, params })
  if (!line.ok) return answered({ ok: false, message: `JSON cannot carry the parameters: ${line.fault.message}` })
  calls.waiting.set(id, answered)
  sink.write(line.value)
}

type EncodedLine =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly fault: { readonly message: string } }

/** Says one message as a line, unless JSON cannot carry it. */
export function encodeLine(message: object): EncodedLine {
  try {
    return { ok: true, value: JSON.stringify(message) }
  } catch (error) {
    return { ok: false, fault: { message: error instanceof Error ? error.message : String(error) } }
  }
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
