import { type EndFrame, promptText, type RunEvent, type RunParams } from "@signalbox/protocol"
import { type Asks, makeAsks } from "./asks.ts"
import { abortError, errorLine, errorStory, flatten, isAbortError, story } from "./error-text.ts"
import type { Outlet } from "./outlet.ts"
import type { Question, RunContext, RunHandler, RunResult } from "./run-handler.ts"
import type { Aborter } from "./runner-port.ts"

// One accepted run: pulls the handler's events while there is room for them and says exactly one `end`, whatever the
// handler does. open -> (cancelled ->) ended; nothing is said after `ended`.

/** Owned by the runner; ends with its `end`. */
export interface OpenRun {
  /** Asks the handler to stop. The first reason stays; after the end it is without effect. */
  readonly cancel: (reason: Error) => void
  readonly answer: (request: unknown, value: unknown) => void
  /** No answer will come any more. */
  readonly closeAsks: (reason: Error) => void
}

export interface RunStart<Signal> {
  readonly id: string
  readonly params: RunParams
  readonly handler: RunHandler<Signal>
  readonly outlet: Outlet
  readonly aborter: Aborter<Signal>
  readonly enter: <Value>(work: () => Value) => Value
  /** Called once, after the `end` was said. */
  readonly ended: () => void
}

interface RunState {
  readonly id: string
  readonly outlet: Outlet
  readonly asks: Asks
  iterator: AsyncIterator<RunEvent> | undefined
  /** What the iterator's `return` said, once it was asked to stop; nothing when it has no such method. */
  stopped: Promise<IteratorResult<RunEvent> | undefined> | undefined
  cancelled: boolean
  /** What the last event that reports a failure said; such an event does not stop the stream. */
  failure: string | undefined
  ended: boolean
}

/** A handler that was cancelled may still say how far it came, but not for ever. */
const mostPartingEvents = 1_000

export function openRun<Signal>(start: RunStart<Signal>): OpenRun {
  const { id, outlet, aborter, enter } = start
  const run: RunState = {
    id,
    outlet,
    asks: makeAsks(),
    iterator: undefined,
    stopped: undefined,
    cancelled: false,
    failure: undefined,
    ended: false
  }
  const finish = (end: EndFrame) => {
    run.ended = true
    run.asks.close(abortError("the run has ended"))
    outlet.say(end)
    start.ended()
  }
  const context = makeContext(run, start)
  enter(() => pump(run, () => start.handler(start.params, context))).then(
    () => finish(endOf(run)),
    (thrown: unknown) => finish(endAfterThrow(run, thrown))
  )
  return {
    cancel: (reason) => {
      if (run.ended || run.cancelled) return
      run.cancelled = true
      run.asks.close(reason)
      enter(() => {
        aborter.abort(reason)
        stop(run)
      })
    },
    answer: run.asks.answer,
    closeAsks: run.asks.close
  }
}

function makeContext<Signal>(run: RunState, { id, params, aborter }: RunStart<Signal>): RunContext<Signal> {
  return {
    id,
    prompt: promptText(params.prompt),
    signal: aborter.signal,
    get cancelled() {
      return run.cancelled
    },
    diag: (level, message) => {
      if (!run.ended) run.outlet.tell({ type: "diag", id, level, message: story(message) })
    },
    ask: (question) => run.asks.open((request) => ask(run, request, question)),
    send: async (event) => {
      say(run, event)
      await run.outlet.room()
    }
  }
}

async function pump(run: RunState, begin: () => RunResult): Promise<void> {
  const result = await begin()
  if (!isAsyncIterable(result)) return
  const iterator = result[Symbol.asyncIterator]()
  run.iterator = iterator
  if (run.cancelled) stop(run)
  for (;;) {
    const room = run.outlet.room()
    if (room !== undefined) await room
    if (run.stopped !== undefined) return part(run, iterator)
    const step = await iterator.next()
    if (step.done === true) return
    try {
      say(run, step.value)
    } catch (error) {
      stop(run)
      await run.stopped
      throw error
    }
  }
}

/** Asks the iterator to stop. It may be in the middle of a step: a generator then stops after that step. */
function stop(run: RunState): void {
  const iterator = run.iterator
  if (iterator === undefined || run.stopped !== undefined) return
  run.stopped = (async () => iterator.return?.())()
  // Whoever waits for it hears of the failure; nobody has to wait.
  run.stopped.catch(() => undefined)
}

/** Sends what the handler still says while it stops, the usage of a half-done turn for example. */
async function part(run: RunState, iterator: AsyncIterator<RunEvent>): Promise<void> {
  let step = await run.stopped
  for (let events = 0; step !== undefined && step.done !== true && events < mostPartingEvents; events++) {
    say(run, step.value)
    const room = run.outlet.room()
    if (room !== undefined) await room
    step = await iterator.next()
  }
}

function ask(run: RunState, request: string, question: Question): void {
  if (question.kind !== "permission" && question.kind !== "question") {
    throw new TypeError('a question needs a `kind`: "permission" or "question"')
  }
  run.outlet.say({ ...question, type: "ask", id: run.id, request })
}

function say(run: RunState, event: RunEvent): void {
  if (run.ended) return
  if (!isEvent(event)) throw new TypeError("the handler said something that is not an event: it has no string `type`")
  try {
    run.outlet.say({ type: "event", id: run.id, event })
  } catch (error) {
    throw new TypeError(`an event of type \`${flatten(event.type)}\` cannot be sent: ${errorLine(error)}`)
  }
  if (event.type === "error") run.failure = errorLine(event["message"] ?? "")
  if (event.type === "turn.failed") run.failure = errorLine(failedTurn(event))
}

function failedTurn(event: RunEvent): unknown {
  const error = event["error"]
  return typeof error === "object" && error !== null && "message" in error ? error.message : ""
}

function endOf(run: RunState): EndFrame {
  const { id } = run
  if (run.cancelled) return { type: "end", id, status: "cancelled" }
  if (run.failure !== undefined) return { type: "end", id, status: "error", error: run.failure }
  return { type: "end", id, status: "ok" }
}

function endAfterThrow(run: RunState, thrown: unknown): EndFrame {
  const { id } = run
  if (run.cancelled && isAbortError(thrown)) return endOf(run)
  run.outlet.tell({ type: "diag", id, level: run.cancelled ? "warn" : "error", message: errorStory(thrown) })
  return run.cancelled ? endOf(run) : { type: "end", id, status: "error", error: errorLine(thrown) }
}

function isEvent(value: unknown): value is RunEvent {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"
}

function isAsyncIterable(value: AsyncIterable<RunEvent> | void): value is AsyncIterable<RunEvent> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value
}
