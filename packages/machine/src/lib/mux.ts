import type { EndFrame, EventFrame, RunnerHello } from "@signalbox/protocol"
import type { Stray } from "./dialect.ts"
import type { Machine } from "./machine.ts"
import { countLate, keepSample, rememberId } from "./mux-counting.ts"
import { endingAtClose, endingByFrame, endingByStop, endOfLastWords } from "./mux-ending.ts"
import {
  type MuxConfig,
  type MuxInput,
  type MuxOutput,
  type MuxRun,
  type MuxState,
  type MuxView,
  zeroCounts
} from "./mux-state.ts"
import { makeSteadyClock, onCallersClock, readClock } from "./steady-clock.ts"

// Many runs over one child process: who is open, who gets which line, and that every accepted run ends exactly once.
//
//   open -> accepted -> event* -> settling -> end + release             the runner said how it ended
//                    -> stop wish -> (cancel written) -> end + release  the runner confirmed, or finished first
//                                  -> end ... release                   the runner cannot or does not confirm: readers
//                                                                       are told, the permit waits for the runner's end
//                    -> end + release                                   the process died
//
// Everything that changes a run's state is in this file.

type Out<Owner> = Array<MuxOutput<Owner>>

const protocolVersion = 1
const mostAsks = 256
const keptDiags = 64

/** The mux as a machine. `Owner` is whatever the asker wants back with each output. */
export const mux = <Owner>(): Machine<MuxConfig, MuxState<Owner>, MuxInput<Owner>, MuxOutput<Owner>> => ({
  initial: initialMux,
  step: stepMux,
  deadline: muxDeadline
})

export function initialMux<Owner>(config: MuxConfig): MuxState<Owner> {
  return {
    config,
    runs: new Map(),
    stopping: new Set(),
    settling: [],
    settlingNext: [],
    recent: new Set(),
    counts: zeroCounts(),
    phase: "open",
    clock: makeSteadyClock(),
    now: 0,
    startedAt: -1,
    spoken: false,
    hello: undefined,
    fatal: undefined,
    fatalAt: undefined,
    muteAt: undefined,
    stuck: false,
    killed: false,
    verdict: undefined,
    live: 0,
    hung: 0,
    overdue: new Set(),
    strayPeriodStart: 0,
    straysInPeriod: 0,
    keptSamples: 0,
    keptDiags: 0
  }
}

export function stepMux<Owner>(state: MuxState<Owner>, input: MuxInput<Owner>, out: Out<Owner>): void {
  if (state.phase === "closed") return afterClose(input, out)
  switch (input.type) {
    case "event":
      return hearEvent(state, input, out)
    case "end":
      return hearEnd(state, input, out)
    case "tick":
      return tick(state, input.now, out)
    case "open":
      return open(state, input, out)
    case "stop":
      return stop(state, input, out)
    case "ask":
      return hearAsk(state, input, out)
    case "answer":
      return answer(state, input, out)
    case "diag":
      return hearDiag(state, input, out)
    case "hello":
      return hearHello(state, input, out)
    case "stray":
      return hearStray(state, input.stray, out)
    case "fatal":
      state.fatal = input.message
      state.fatalAt ??= state.now
      return retire(state, `fatal: ${input.message}`, out)
    case "stuck":
      state.stuck = true
      return kill(state, "it does not read its standard input", out)
    case "retire":
      return retire(state, "asked to", out, true)
    case "mute":
      state.muteAt ??= state.now
      return retire(state, "it closed its standard output", out)
    case "leaving":
      return retire(state, "its process ended", out)
    case "settled":
      return settled(state, out)
    case "exited":
      return close(state, input, out)
  }
}

/** The next moment at which a `tick` matters, on the caller's clock. */
export function muxDeadline<Owner>(state: MuxState<Owner>): number | undefined {
  // Asked after each event of each run: nearly always nothing is timed, and that must cost nothing.
  if (!isTimed(state)) return undefined
  let next = Number.POSITIVE_INFINITY
  if (lacksHello(state) && !state.killed) next = state.startedAt + state.config.helloMs
  if (!state.killed) next = Math.min(next, endOfLastWords(state))
  for (const run of state.stopping) next = Math.min(next, run.graceEnd)
  for (const run of state.overdue) next = Math.min(next, run.hangsAt)
  return Number.isFinite(next) ? onCallersClock(state.clock, next) : undefined
}

function isTimed<Owner>(state: MuxState<Owner>): boolean {
  if (state.phase === "closed") return false
  if (state.stopping.size > 0 || state.overdue.size > 0) return true
  return state.fatalAt !== undefined || state.muteAt !== undefined || lacksHello(state)
}

export function viewMux<Owner>(state: MuxState<Owner>): MuxView {
  return {
    phase: state.phase,
    runs: state.runs.size,
    abandoned: state.runs.size - state.live,
    agent: state.hello?.agent,
    version: state.hello?.version,
    capabilities: state.hello?.capabilities ?? {},
    counts: state.counts
  }
}

/** Checking and inserting is one step, so closing always wins: no run can slip in after the sweep. */
function open<Owner>(
  state: MuxState<Owner>,
  input: MuxInput<Owner> & { readonly type: "open" },
  out: Out<Owner>
): void {
  const { id, params, owner } = input
  if (state.phase !== "open") out.push({ type: "refuse", owner, code: "closed" })
  else if (state.runs.has(id)) out.push({ type: "refuse", owner, code: "duplicate_id" })
  else {
    const run = {
      id,
      owner,
      asks: new Set<string>(),
      stop: undefined,
      told: false,
      graceEnd: 0,
      abandoned: false,
      hangsAt: Number.POSITIVE_INFINITY,
      hung: false,
      ending: undefined
    }
    state.runs.set(id, run)
    state.live++
    out.push({ type: "accept", owner }, { type: "write", frame: { type: "run", id, params } })
  }
}

function hearEvent<Owner>(state: MuxState<Owner>, frame: EventFrame, out: Out<Owner>): void {
  state.spoken = true
  const run = state.runs.get(frame.id)
  if (run === undefined || isOver(run)) return countLate(state, frame.id)
  out.push({ type: "event", owner: run.owner, event: frame.event })
  if (state.stopping.size > 0) tellStops(state, out)
}

function hearEnd<Owner>(state: MuxState<Owner>, frame: EndFrame, out: Out<Owner>): void {
  state.spoken = true
  const run = state.runs.get(frame.id)
  if (run === undefined || run.ending !== undefined) return countLate(state, frame.id)
  if (run.abandoned) state.counts.stale++
  run.ending = endingByFrame(frame, run.stop, state.killed && run.told)
  state.stopping.delete(run)
  state.settlingNext.push(run)
  if (state.settling.length === 0) nextPass(state, out)
  if (state.stopping.size > 0) tellStops(state, out)
}

/** Ends that are heard during a pass wait for the next one: their diagnostics may not have been read by this one. */
function nextPass<Owner>(state: MuxState<Owner>, out: Out<Owner>): void {
  if (state.settlingNext.length === 0) return
  state.settling = state.settlingNext
  state.settlingNext = []
  out.push({ type: "settle" })
}

function settled<Owner>(state: MuxState<Owner>, out: Out<Owner>): void {
  const runs = state.settling
  state.settling = []
  for (const run of runs) finish(state, run, out)
  nextPass(state, out)
}

/** Gives the terminal, unless readers have had one, and frees the permit. */
function finish<Owner>(state: MuxState<Owner>, run: MuxRun<Owner>, out: Out<Owner>): void {
  if (!run.abandoned && run.ending !== undefined) out.push({ type: "end", owner: run.owner, ending: run.ending })
  remove(state, run, out)
}

/** Whether events of the run come too late. */
function isOver<Owner>(run: MuxRun<Owner>): boolean {
  return run.abandoned || run.ending !== undefined
}

function hearAsk<Owner>(
  state: MuxState<Owner>,
  frame: MuxInput<Owner> & { readonly type: "ask" },
  out: Out<Owner>
): void {
  state.spoken = true
  const run = state.runs.get(frame.id)
  if (run === undefined || isOver(run)) return countLate(state, frame.id)
  if (run.asks.size >= mostAsks) {
    const sample = `more than ${mostAsks} requests wait for an answer`
    return hearStray(state, { stream: "stdout", kind: "wrong_shape", sample, id: frame.id }, out)
  }
  run.asks.add(frame.request)
  out.push({ type: "ask", owner: run.owner, ask: frame })
}

function answer<Owner>(
  state: MuxState<Owner>,
  input: MuxInput<Owner> & { readonly type: "answer" },
  out: Out<Owner>
): void {
  const run = state.runs.get(input.id)
  if (run === undefined || !run.asks.delete(input.request)) return
  const { id, request, value } = input
  if (state.hello?.capabilities?.answer === true)
    out.push({ type: "write", frame: { type: "answer", id, request, value } })
  if (!run.abandoned)
    out.push({ type: "event", owner: run.owner, event: { type: "permission.resolved", request, value } })
}

function hearDiag<Owner>(
  state: MuxState<Owner>,
  frame: MuxInput<Owner> & { readonly type: "diag" },
  out: Out<Owner>
): void {
  const { id, level, message } = frame
  if (id === undefined) return shareDiag(state, { level, source: "runner", message }, out)
  const run = state.runs.get(id)
  if (run === undefined || run.abandoned) state.counts.late_diag++
  else out.push({ type: "diag", owner: run.owner, level, source: "runner", message })
}

/** A diagnostic of the runner itself goes to all open runs, but only the first few: one flood must not fill many traces. */
function shareDiag<Owner>(
  state: MuxState<Owner>,
  diag: { readonly level: string; readonly source: "runner" | "host"; readonly message: string },
  out: Out<Owner>
): void {
  if (state.keptDiags >= keptDiags) return
  state.keptDiags++
  for (const run of state.runs.values()) if (!run.abandoned) out.push({ type: "diag", owner: run.owner, ...diag })
}

function hearHello<Owner>(state: MuxState<Owner>, hello: RunnerHello, out: Out<Owner>): void {
  if (state.spoken) {
    state.counts.late_hello++
    return
  }
  state.spoken = true
  if (hello.protocol !== protocolVersion) {
    const message = `the runner speaks protocol ${hello.protocol}, this host speaks ${protocolVersion}`
    return condemn(state, { outcome: "failed", fault: { code: "incompatible_protocol", message } }, out)
  }
  state.hello = hello
  out.push({ type: "hello", hello })
  if (state.stopping.size > 0) tellStops(state, out)
}

function hearStray<Owner>(state: MuxState<Owner>, stray: Stray, out: Out<Owner>): void {
  state.counts[stray.kind]++
  if (stray.kind === "bad_utf8") return
  keepSample(state, stray, out)
  if (state.now - state.strayPeriodStart >= state.config.strayPeriodMs) {
    state.strayPeriodStart = state.now
    state.straysInPeriod = 0
  }
  state.straysInPeriod++
  if (state.straysInPeriod >= state.config.strayCount) retire(state, "too many malformed lines", out)
}

/** A stop wish is taken once; the first one wins. After the end, or for an unknown id, it is nothing. */
function stop<Owner>(
  state: MuxState<Owner>,
  input: MuxInput<Owner> & { readonly type: "stop" },
  out: Out<Owner>
): void {
  const run = state.runs.get(input.id)
  if (run === undefined || run.stop !== undefined || run.ending !== undefined) return
  run.stop = input.wish
  run.graceEnd = state.now + state.config.cancelGraceMs
  state.stopping.add(run)
  tellStops(state, out)
}

/** Passes stop wishes on as soon as it is known what the runner can do with them. */
function tellStops<Owner>(state: MuxState<Owner>, out: Out<Owner>): void {
  if (!state.spoken && state.config.deathOutcome === "lost") return
  const ability = state.config.deathOutcome === "failed" ? "kill" : (state.hello?.capabilities?.cancel ?? "none")
  for (const run of state.stopping) {
    if (run.told) continue
    if (ability === "cooperative") {
      run.told = true
      const reason = run.stop?.fault.message
      out.push({ type: "write", frame: { type: "cancel", id: run.id, ...(reason === undefined ? {} : { reason }) } })
    } else if (ability === "kill" && state.live === 1) {
      run.told = true
      // The exit that follows is the confirmation: it must not be overtaken by the grace.
      run.graceEnd = Number.POSITIVE_INFINITY
      kill(state, "its only run is to stop", out, true)
    } else abandon(state, run, out)
  }
}

/** Readers are told now; the permit stays taken until the runner's own end or death. */
function abandon<Owner>(state: MuxState<Owner>, run: MuxRun<Owner>, out: Out<Owner>): void {
  if (run.stop === undefined) return
  run.abandoned = true
  state.live--
  state.stopping.delete(run)
  out.push({ type: "end", owner: run.owner, ending: endingByStop(run.stop) })
  run.hangsAt = state.now + patience(state, run)
  if (state.now >= run.hangsAt) hang(state, run)
  else if (Number.isFinite(run.hangsAt)) state.overdue.add(run)
  killWhenHung(state, out)
}

/** Who was asked and did not stop, took too long, or can only be killed, hangs at once; other work may go on for its time. */
function patience<Owner>(state: MuxState<Owner>, run: MuxRun<Owner>): number {
  const killable = state.hello?.capabilities?.cancel === "kill"
  if (run.told || killable || run.stop?.outcome === "timed_out") return 0
  return run.stop?.leftMs ?? Number.POSITIVE_INFINITY
}

function hang<Owner>(state: MuxState<Owner>, run: MuxRun<Owner>): void {
  state.overdue.delete(run)
  if (run.hung) return
  run.hung = true
  state.hung++
}

/** A runner that carries nothing but runs which hang can only be replaced. */
function killWhenHung<Owner>(state: MuxState<Owner>, out: Out<Owner>): void {
  if (state.live > 0 || state.hung === 0) return
  retire(state, "only hanging runs are left in it", out)
  kill(state, "only hanging runs are left in it", out)
}

function tick<Owner>(state: MuxState<Owner>, read: number, out: Out<Owner>): void {
  const now = readClock(state.clock, read)
  if (state.startedAt < 0) state.startedAt = now
  state.now = now
  if (lacksHello(state) && now >= state.startedAt + state.config.helloMs) {
    const message = `the runner did not say hello within ${state.config.helloMs} ms`
    condemn(state, { outcome: "timed_out", fault: { code: "handshake_timeout", message } }, out)
  }
  if (now >= endOfLastWords(state)) {
    kill(state, `it ${state.fatalAt === undefined ? "closed its standard output" : "said fatal"} and did not exit`, out)
  }
  for (const run of state.stopping) if (now >= run.graceEnd) abandon(state, run, out)
  for (const run of state.overdue) if (now >= run.hangsAt) hang(state, run)
  if (state.hung > 0) killWhenHung(state, out)
}

/** Also a runner that works without having said it: what it can do is not known. */
function lacksHello<Owner>(state: MuxState<Owner>): boolean {
  return state.config.requireHello && state.hello === undefined
}

/** The runner cannot be used at all: every run ends with the reason, without waiting for the exit. */
function condemn<Owner>(
  state: MuxState<Owner>,
  verdict: NonNullable<MuxState<Owner>["verdict"]>,
  out: Out<Owner>
): void {
  if (state.verdict !== undefined) return
  state.verdict = verdict
  retire(state, verdict.fault.message, out)
  for (const run of [...state.runs.values()]) {
    run.ending = { outcome: verdict.outcome, error: verdict.fault }
    finish(state, run, out)
  }
  kill(state, verdict.fault.message, out)
}

function retire<Owner>(state: MuxState<Owner>, why: string, out: Out<Owner>, asked = false): void {
  if (state.phase !== "open") return
  state.phase = "retired"
  out.push({ type: "retired", why, asked })
}

function kill<Owner>(state: MuxState<Owner>, why: string, out: Out<Owner>, asked = false): void {
  retire(state, why, out, asked)
  if (state.killed) return
  state.killed = true
  out.push({ type: "kill", why })
}

/** The death reason was collected first; every open run gets all of it, once. */
function close<Owner>(
  state: MuxState<Owner>,
  input: MuxInput<Owner> & { readonly type: "exited" },
  out: Out<Owner>
): void {
  retire(state, "its process ended", out)
  for (const run of [...state.runs.values()]) {
    run.ending = endingAtClose(state, run, input.evidence)
    finish(state, run, out)
  }
  state.phase = "closed"
}

function afterClose<Owner>(input: MuxInput<Owner>, out: Out<Owner>): void {
  if (input.type === "open") out.push({ type: "refuse", owner: input.owner, code: "closed" })
}

function remove<Owner>(state: MuxState<Owner>, run: MuxRun<Owner>, out: Out<Owner>): void {
  state.runs.delete(run.id)
  state.stopping.delete(run)
  state.overdue.delete(run)
  if (!run.abandoned) state.live--
  if (run.hung) state.hung--
  rememberId(state, run.id)
  out.push({ type: "release", owner: run.owner })
  killWhenHung(state, out)
}
