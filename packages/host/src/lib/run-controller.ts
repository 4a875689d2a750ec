import type { Ending, StopWish } from "@signalbox/machine"
import type { AskFrame, DiagBody, EndedBody, Fault, RecordBody, RunEvent, RunState, Usage } from "@signalbox/protocol"

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
  /** It was not handed over at once: it waits for a permit, or for its runner to start. */
  readonly waiting: (state: "queued" | "starting") => void
  readonly stop: (wish: StopWish) => void
  readonly answer: (request: string, value: unknown) => void
  /** The trace cannot be written any more: the run is stopped and ends as failed. */
  readonly traceFailed: (fault: Fault) => void
  readonly facts: () => RunFacts
}

/** What limits and people look at. Times in milliseconds of the clock. */
export interface RunFacts {
  readonly state: RunState | "accepted" | "ended"
  readonly acceptedAt: number
  readonly grantedAt: number | undefined
  /** When the agent last said something. */
  readonly heardAt: number | undefined
  readonly events: number
}

export function makeRunController(parts: RunControllerParts): RunController {
  const life = newLife(parts)
  return {
    event: (event) => hearEvent(life, event),
    ask: (ask) => hearAsk(life, ask),
    answer: (request, value) => answer(life, request, value),
    diag: (level, source, message) => diag(life, { level, source, message }),
    end: (ending) => finish(life, ending),
    granted: (run) => grant(life, run),
    refused: (ending) => {
      if (life.open !== undefined) return
      finish(life, life.wish === undefined ? ending : { outcome: life.wish.outcome, error: life.wish.fault })
    },
    waiting: (state) => enter(life, state),
    stop: (wish) => stop(life, wish),
    traceFailed: (fault) => {
      life.broken ??= fault
      stop(life, { outcome: "cancelled", fault })
    },
    facts: () => ({
      state: life.state,
      acceptedAt: life.acceptedAt,
      grantedAt: life.grantedAt,
      heardAt: life.heardAt,
      events: life.events
    })
  }
}

interface Life {
  readonly parts: RunControllerParts
  readonly acceptedAt: number
  readonly asks: Set<string>
  state: RunState | "accepted" | "ended"
  grantedAt: number | undefined
  heardAt: number | undefined
  open: StoppableRun | undefined
  wish: StopWish | undefined
  broken: Fault | undefined
  usage: Usage | undefined
  events: number
  diags: number
  losses: number
}

const keptLosses = 8

function newLife(parts: RunControllerParts): Life {
  return {
    parts,
    acceptedAt: parts.now(),
    asks: new Set(),
    state: "accepted",
    grantedAt: undefined,
    heardAt: undefined,
    open: undefined,
    wish: undefined,
    broken: undefined,
    usage: undefined,
    events: 0,
    diags: 0,
    losses: 0
  }
}

function hearEvent(life: Life, event: RunEvent): void {
  if (life.state === "ended") return
  life.events++
  life.heardAt = life.parts.now()
  if (event.type === "turn.completed" || event.type === "usage") life.usage = usageOf(event) ?? life.usage
  if (!life.parts.append({ type: "event", event })) noteLoss(life, event.type)
}

/** Nothing disappears in silence: an event that JSON cannot carry leaves a note in its place. */
function noteLoss(life: Life, type: string): void {
  life.losses++
  if (life.losses > keptLosses) return
  diag(life, { level: "error", source: "host", message: `an event of type ${type.slice(0, 64)} could not be recorded` })
}

function diag(life: Life, { level, source, message }: Pick<DiagBody, "level" | "source" | "message">): void {
  if (life.state === "ended") return
  life.diags++
  life.parts.append({ type: "diag", level, source, message })
}

/** A permit that comes after the end (the wait was over at the same moment) is given back: its run is stopped. */
function grant(life: Life, run: StoppableRun): void {
  if (life.state === "ended") return run.stop(life.wish ?? tooLate)
  life.open = run
  life.grantedAt = life.parts.now()
  enter(life, "running")
  if (life.wish !== undefined) run.stop(life.wish)
}

const tooLate: StopWish = {
  outcome: "cancelled",
  fault: { code: "cancelled", message: "the run had ended before it was handed over" },
  leftMs: 0
}

function hearAsk(life: Life, ask: AskFrame): void {
  if (life.state === "ended") return
  life.asks.add(ask.request)
  hearEvent(life, { ...ask, type: "permission.requested" })
  enter(life, "waiting")
}

function answer(life: Life, request: string, value: unknown): void {
  if (!life.asks.delete(request)) return
  life.open?.answer(request, value)
  life.heardAt = life.parts.now()
  if (life.asks.size === 0) enter(life, "running")
}

/** The first wish wins. A run that has no permit yet leaves the line; `refused` follows from it. */
function stop(life: Life, wish: StopWish): void {
  if (life.state === "ended" || life.wish !== undefined) return
  life.wish = wish
  if (life.open === undefined) life.parts.leaveLine()
  else life.open.stop(wish)
}

function enter(life: Life, next: RunState): void {
  if (life.state === next || life.state === "ended") return
  life.state = next
  life.parts.append({ type: "state", state: next })
}

function finish(life: Life, ending: Ending): void {
  if (life.state === "ended") return
  life.state = "ended"
  const body = endedBody(life, ending)
  // A terminal record there must be: what an agent put into its evidence may be what JSON cannot carry.
  const plain = { type: body.type, outcome: body.outcome, stats: body.stats }
  const taken = life.parts.append(body)
  if (!taken) life.parts.append(plain)
  life.parts.over(taken ? body : plain)
}

/** A trace that broke makes the run a failure, whatever the agent says. */
function endedBody(life: Life, ending: Ending): EndedBody {
  const { acceptedAt, grantedAt, broken, usage, events, diags } = life
  const now = life.parts.now()
  const error = broken ?? ending.error
  const stats = {
    events,
    diags,
    wait_ms: Math.max(0, (grantedAt ?? now) - acceptedAt),
    duration_ms: Math.max(0, now - acceptedAt)
  }
  return {
    type: "ended",
    outcome: broken === undefined ? ending.outcome : "failed",
    ...(error === undefined ? {} : { error }),
    ...(ending.exit === undefined ? {} : { exit: ending.exit }),
    ...(usage === undefined ? {} : { usage }),
    stats
  }
}

/** Only numbers: usage is for adding up, and it stands in the terminal record, which must not fail. */
function usageOf(event: RunEvent): Usage | undefined {
  const usage = event["usage"]
  if (typeof usage !== "object" || usage === null) return undefined
  const numbers = Object.entries(usage).filter(([, value]) => typeof value === "number" && Number.isFinite(value))
  return numbers.length === 0 ? undefined : Object.fromEntries(numbers)
}
