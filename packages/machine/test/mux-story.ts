import { initialMux, type MuxConfig, type MuxInput, type MuxOutput, type MuxState, stepMux } from "../src/index.ts"

// Tells a mux a story in words and hears one in words: `accept a`, `write run a`, `end a completed`.

export const standardConfig: MuxConfig = {
  cancelGraceMs: 1_000,
  requireHello: false,
  helloMs: 500,
  strayCount: 5,
  strayPeriodMs: 1_000,
  fatalGraceMs: 200,
  deathOutcome: "lost"
}

export interface Told {
  readonly state: MuxState<string>
  readonly words: ReadonlyArray<string>
}

export function tell(inputs: ReadonlyArray<MuxInput<string>>, config: Partial<MuxConfig> = {}): Told {
  const state = initialMux<string>({ ...standardConfig, ...config })
  const out: Array<MuxOutput<string>> = []
  for (const input of inputs) stepMux(state, input, out)
  return { state, words: out.map(inWords) }
}

export function inWords(output: MuxOutput<string>): string {
  switch (output.type) {
    case "write":
      return output.frame.type === "hello" ? "write hello" : `write ${output.frame.type} ${output.frame.id}`
    case "accept":
    case "release":
      return `${output.type} ${output.owner}`
    case "refuse":
      return `refuse ${output.owner} ${output.code}`
    case "event":
      return `event ${output.owner} ${output.event.type}`
    case "ask":
      return `ask ${output.owner} ${output.ask.request}`
    case "diag":
      return `diag ${output.owner} ${output.message}`
    case "end":
      return `end ${output.owner} ${output.ending.outcome}${output.ending.error === undefined ? "" : ` ${output.ending.error.code}`}`
    case "settle":
    case "hello":
      return output.type
    case "retired":
      return `retired${output.asked ? " as asked" : ""}: ${output.why}`
    case "kill":
      return `kill: ${output.why}`
  }
}

export const open = (id: string, owner = id): MuxInput<string> => ({ type: "open", id, owner, params: { prompt: "x" } })
export const hello = (cancel?: "none" | "cooperative" | "kill", protocol = 1): MuxInput<string> => ({
  type: "hello",
  protocol,
  capabilities: { ...(cancel === undefined ? {} : { cancel }), answer: true }
})
export const event = (id: string, type = "said"): MuxInput<string> => ({ type: "event", id, event: { type } })
export const ask = (id: string, request: string): MuxInput<string> => ({ type: "ask", id, request, kind: "question" })
export const ok = (id: string): MuxInput<string> => ({ type: "end", id, status: "ok" })
export const failed = (id: string, error = "broken"): MuxInput<string> => ({ type: "end", id, status: "error", error })
export const gaveUp = (id: string): MuxInput<string> => ({ type: "end", id, status: "cancelled" })
export const cancel = (id: string, leftMs?: number): MuxInput<string> => ({
  type: "stop",
  id,
  wish: {
    outcome: "cancelled",
    fault: { code: "cancelled", message: "asked for" },
    ...(leftMs === undefined ? {} : { leftMs })
  }
})
export const timeOut = (id: string): MuxInput<string> => ({
  type: "stop",
  id,
  wish: { outcome: "timed_out", fault: { code: "run_timeout", message: "too long" } }
})
export const at = (now: number): MuxInput<string> => ({ type: "tick", now })
export const leaving: MuxInput<string> = { type: "leaving" }
export const mute: MuxInput<string> = { type: "mute" }
export const settled: MuxInput<string> = { type: "settled" }
export const fatal = (message: string): MuxInput<string> => ({ type: "fatal", message })
export const diag = (message: string, id?: string): MuxInput<string> => ({
  type: "diag",
  level: "info",
  message,
  ...(id === undefined ? {} : { id })
})
export const stray = (sample: string, id?: string): MuxInput<string> => ({
  type: "stray",
  stray: { stream: "stdout", kind: "not_json", sample, ...(id === undefined ? {} : { id }) }
})
export const exited = (code: number | null = 1, signal: string | null = null): MuxInput<string> => ({
  type: "exited",
  evidence: { exit_code: code, signal, stderr_tail: "Traceback", drained: true, swept: 0 }
})
