import { decodeStderrLine, decodeStdoutLine, type RunnerFrame } from "@signalbox/protocol"
import { makeRunner, type RunHandler, type RunnerOptions, type RunnerPort } from "../src/index.ts"

// A runner on a port in memory. Every line that it writes must be a frame; the frames are told as words.

export function memoryRunner(handler: RunHandler<AbortSignal>, options?: RunnerOptions) {
  const out: Array<string> = []
  const err: Array<string> = []
  const frames: Array<RunnerFrame> = []
  const held: Array<() => void> = []
  let holding = false
  const leave = (done: () => void) => void (holding ? held.push(done) : setImmediate(done))
  const port: RunnerPort<AbortSignal> = {
    stdout: (text, done) => {
      for (const frame of linesOf(text).map(stdoutFrame)) {
        frames.push(frame)
        out.push(words(frame))
      }
      leave(done)
    },
    stderr: (text, done) => {
      for (const line of linesOf(text)) err.push(words(stderrFrame(line)))
      leave(done)
    },
    defer: (flush) => void setImmediate(flush),
    makeAborter: () => {
      const controller = new AbortController()
      return { signal: controller.signal, abort: (reason) => controller.abort(reason) }
    }
  }
  const runner = makeRunner(handler, port, options)
  return {
    runner,
    out,
    err,
    frames,
    /** Feeds the host's lines: objects as JSON, texts as they are. */
    hear: (...lines: ReadonlyArray<unknown>) => {
      for (const line of lines) runner.line(typeof line === "string" ? line : JSON.stringify(line))
    },
    /** The host stops reading: what was written stays on its way. */
    hold: () => {
      holding = true
    },
    /** The host reads on. */
    letGo: () => {
      holding = false
      for (const done of held.splice(0)) setImmediate(done)
    },
    /** Closes the input and waits until everything has ended. */
    drain: async () => {
      runner.endOfInput()
      await runner.finished
    }
  }
}

/** One turn of the event loop: every promise that could settle has settled. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

export const run = <Id>(id: Id, prompt: string, more: object = {}) =>
  ({ type: "run", id, params: { prompt, ...more } }) as const

export const cancel = <Id>(id: Id, reason?: string) =>
  ({ type: "cancel", id, ...(reason === undefined ? {} : { reason }) }) as const

export const answer = <Id>(id: Id, request: string, value: unknown) => ({ type: "answer", id, request, value }) as const

function linesOf(text: string): ReadonlyArray<string> {
  if (!text.endsWith("\n")) throw new Error(`half a line was written: ${text.slice(-80)}`)
  return text.slice(0, -1).split("\n")
}

function stdoutFrame(line: string): RunnerFrame {
  const frame = decodeStdoutLine(line)
  if (!frame.ok) throw new Error(`not a frame of stdout: ${line}`)
  return frame.value
}

function stderrFrame(line: string): RunnerFrame {
  const frame = decodeStderrLine(line)
  if (!frame.ok) throw new Error(`not a frame of stderr: ${line}`)
  return frame.value
}

function words(frame: RunnerFrame): string {
  const at = "id" in frame && typeof frame.id === "string" ? ` ${frame.id}` : ""
  switch (frame.type) {
    case "event":
      return `event${at} ${(frame.event as { text?: string }).text ?? frame.event.type}`
    case "end":
      return `end${at} ${frame.status === "error" ? `error: ${frame.error}` : frame.status}`
    case "ask":
      return `ask${at} ${frame.request} ${frame.kind}`
    case "diag":
      return `diag${at} ${frame.level}: ${frame.message.split("\n")[0]}`
    case "fatal":
      return `fatal: ${frame.message}`
    default:
      return frame.type
  }
}
