import type { Ending, StopWish } from "@signalbox/machine"
import type { AskFrame, EndedBody, Fault, RecordBody, RunEvent, RunState, Usage } from "@signalbox/protocol"

// One run between its acceptance and its terminal record: what is recorded of it, and that it ends exactly once.
// Plain synchronous code: events come through here one by one.

/** What the controller needs of a run that was handed over. */
export interface StoppableRun {
  readonly stop: (wish: StopWish) => void
  readonly answer: (request: string, value: unknown) => void
}

export interface RunControllerParts {
  readonly now: () => number
  /** Records; false when the record was not taken. */
  readonly append: (body: RecordBody) => boolean
  /** The run is over and recorded. Called once. */
  readonly over: (ended: EndedBody) => void
  /** Ends the wait for a permit. What it leads to is told by `refused`. */
  readonly leaveLine: () => void
}

/** Owned by the host; ends with the run. */
export interface RunController {
  readonly event: (event: RunEvent) => void
  readonly ask: (ask: AskFrame) => void
  readonly diag: (level: string, source: "runner" | "stderr" | "host", message: string) => void
  readonly end: (ending: Ending) => void
  /** A permit was given and the run was handed over. */
  readonly granted: (run: StoppableRun) => void
  /** It never got that far. */
  readonly refused: (ending: Ending) => void
  readonly waiting: () => void
  readonly stop: (wish: StopWish) => void
  readonly answer: (request: string, value: unknown) => void
  /** The trace cannot be written any more: the run is stopped and ends as failed. */
  readonly traceFailed: (fault: Fault) => void
  readonly facts: () => RunFacts
}

/** What limits and people look at. Times in milliseconds of the clock. */
export interface RunFacts {
  readonly state: RunState | "ended"
  readonly acceptedAt: number
  readonly grantedAt: number | undefined
  /** When the agent last said something. */
  readonly heardAt: number | undefined
  readonly events: number
}

export function makeRunController(parts: RunControllerParts): RunController {
  const acceptedAt = parts.now()
  const asks = new Set<string>()
  let state: RunState | "ended" = "starting"
  let grantedAt: number | undefined
  let heardAt: number | undefined
  let open: StoppableRun | undefined
  let wish: StopWish | undefined
  let broken: Fault | undefined
  let usage: Usage | undefined
  let events = 0
  let diags = 0

  const enter = (next: RunState) => {
    if (state === next || state === "ended") return
    state = next
    parts.append({ type: "state", state: next })
  }
  const finish = (ending: Ending) => {
    if (state === "ended") return
    state = "ended"
    const now = parts.now()
    const stats = {
      events,
      diags,
      wait_ms: Math.max(0, (grantedAt ?? now) - acceptedAt),
      duration_ms: Math.max(0, now - acceptedAt)
    }
    const told = broken === undefined ? ending : { ...ending, outcome: "failed" as const, error: broken }
    const body: EndedBody = {
      type: "ended",
      outcome: told.outcome,
      ...(told.error === undefined ? {} : { error: told.error }),
      ...(told.exit === undefined ? {} : { exit: told.exit }),
      ...(usage === undefined ? {} : { usage }),
      stats
    }
    parts.append(body)
    parts.over(body)
  }
  const stop = (asked: StopWish) => {
    if (state === "ended" || wish !== undefined) return
    wish = asked
    if (open === undefined) parts.leaveLine()
    else open.stop(asked)
  }
  return {
    event: (event) => {
      events++
      heardAt = parts.now()
      if (event.type === "turn.completed" || event.type === "usage") usage = usageOf(event) ?? usage
      parts.append({ type: "event", event })
    },
    ask: (ask) => {
      heardAt = parts.now()
      asks.add(ask.request)
      events++
      parts.append({ type: "event", event: { ...ask, type: "permission.requested" } })
      enter("waiting")
    },
    answer: (request, value) => {
      if (!asks.delete(request)) return
      open?.answer(request, value)
      heardAt = parts.now()
      if (asks.size === 0) enter("running")
    },
    diag: (level, source, message) => {
      diags++
      parts.append({ type: "diag", level, source, message })
    },
    end: finish,
    granted: (run) => {
      open = run
      grantedAt = parts.now()
      enter("running")
      if (wish !== undefined) run.stop(wish)
    },
    refused: (ending) => {
      if (open !== undefined) return
      finish(wish === undefined ? ending : { outcome: wish.outcome, error: wish.fault })
    },
    waiting: () => enter("queued"),
    stop,
    traceFailed: (fault) => {
      broken ??= fault
      stop({ outcome: "cancelled", fault })
    },
    facts: () => ({ state, acceptedAt, grantedAt, heardAt, events })
  }
}

function usageOf(event: RunEvent): Usage | undefined {
  const usage = event["usage"]
  return typeof usage === "object" && usage !== null && !Array.isArray(usage) ? (usage as Usage) : undefined
}
