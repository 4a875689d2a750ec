import { decodeStderrLine, decodeStdoutLine, type StderrFrame, type StdoutFrame } from "@signalbox/protocol"
import type { Connect, Connection, RunnerExit } from "./connection.ts"
import { endsOf, type HeardLine, type Recording } from "./recording.ts"
import { listen } from "./listener.ts"

// One conversation with one fresh process of the runner. Every wait has a deadline; a wait in vain ends the scenario and
// stands in its recording.

/** Thrown by a wait in vain; never leaves `converse`. */
class InVain extends Error {}

export interface Dialogue {
  /** What was heard until now. It grows. */
  readonly heard: Recording
  /** Writes frames, one line each, all in one piece. */
  readonly send: (...frames: ReadonlyArray<object>) => Promise<void>
  readonly write: (bytes: Uint8Array | string) => Promise<void>
  /** Waits for a fact. `what` completes the sentence "waited in vain for ...". */
  readonly until: (what: string, fact: () => boolean, withinMs?: number) => Promise<void>
  /** The same, but goes on after so long without it. */
  readonly perhaps: (fact: () => boolean, withinMs: number) => Promise<boolean>
  readonly ended: (id: string) => Promise<void>
  /** Waits for the end of what the runner has to refuse. */
  readonly refused: (id: string) => Promise<void>
  readonly endInput: () => Promise<void>
  readonly note: (name: string, value?: number) => void
}

export interface DialogueLimits {
  /** The longest wait for what needs no agent: a start, a refusal, an accepted write. */
  readonly answerMs: number
  /** The longest wait for the end of a run. */
  readonly runMs: number
  /** The longest wait for the exit after the end of input. */
  readonly exitMs: number
}

export interface Topic {
  readonly scenario: string
  readonly talk: (dialogue: Dialogue) => Promise<void>
}

type Heard = { -readonly [Name in keyof Recording]: Recording[Name] }

/** Starts the runner, talks, closes its input, waits for its exit and kills what is left. Never rejects, never hangs. */
export async function converse(
  connect: Connect,
  limits: DialogueLimits,
  { scenario, talk }: Topic
): Promise<Recording> {
  const lines = { stdout: [] as Array<HeardLine<StdoutFrame>>, stderr: [] as Array<HeardLine<StderrFrame>> }
  const notes: Record<string, number> = {}
  const heard: Heard = { scenario, ...lines, given: new Set(), exit: undefined, missing: undefined, notes }
  const connection = await start(connect, limits.answerMs).catch((error: unknown) => {
    heard.missing = `the start of the runner: ${error instanceof Error ? error.message : String(error)}`
  })
  if (!connection) return heard
  const ears = hear(connection, heard, lines)
  try {
    await talk(makeDialogue({ connection, heard, ears }, limits))
  } catch (error) {
    if (!(error instanceof InVain)) throw error
    heard.missing = error.message
  } finally {
    await finish(connection, ears, limits)
  }
  return heard
}

async function start(connect: Connect, withinMs: number): Promise<Connection> {
  const starting = connect()
  const connection = await within(starting, withinMs)
  if (connection !== undefined) return connection.value
  // Too late is too late: what still starts is killed.
  void starting.then((late) => late.kill()).catch(() => undefined)
  throw new Error(`it took longer than ${withinMs} ms`)
}

interface Meeting {
  readonly connection: Connection
  readonly heard: Heard
  readonly ears: Ears
}

interface Ears {
  /** The process is gone. A port may never tell that a write to a dead process failed. */
  readonly gone: Promise<void>
  /** The process is gone and both pipes have ended. */
  readonly over: Promise<unknown>
  /** From now on an exit is the suite's doing, not the runner's. */
  killed: boolean
  readonly listeners: Set<() => void>
}

function hear(
  connection: Connection,
  heard: Heard,
  lines: { stdout: Array<HeardLine<StdoutFrame>>; stderr: Array<HeardLine<StderrFrame>> }
): Ears {
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of [...listeners]) listener()
  }
  const waking = { listeners, killed: false }
  const gone = connection.exited.then((exit: RunnerExit) => {
    if (!ears.killed) heard.exit = exit
    tell()
  })
  const stdout = listen(connection.stdout, { lines: lines.stdout, decode: decodeStdoutLine, heard: tell })
  const stderr = listen(connection.stderr, { lines: lines.stderr, decode: decodeStderrLine, heard: tell })
  const ears: Ears = Object.assign(waking, { gone, over: Promise.all([gone, stdout, stderr]) })
  return ears
}

function makeDialogue({ connection, heard, ears }: Meeting, limits: DialogueLimits): Dialogue {
  const perhaps = (fact: () => boolean, withinMs: number) => factWithin(ears, fact, withinMs)
  const until = async (what: string, fact: () => boolean, withinMs = limits.answerMs) => {
    const isOver = () => fact() || heard.exit !== undefined
    if (!(await perhaps(isOver, withinMs))) throw new InVain(`${what}, for ${withinMs} ms`)
    // What a dying runner wrote may still be in its pipes.
    if (!fact() && !(await perhaps(fact, 250))) throw new InVain(`${what}, but the runner ${exitWords(heard.exit)}`)
  }
  const write = async (bytes: Uint8Array | string) => {
    const writing = connection.write(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes)
    const taken = writing.then(
      () => true,
      () => false
    )
    const done = await within(Promise.race([taken, ears.gone.then(() => false)]), limits.answerMs)
    if (done === undefined) throw new InVain(`the runner to read its stdin, for ${limits.answerMs} ms`)
    if (!done.value) throw new InVain(`the runner to read its stdin, but it ${exitWords(heard.exit)}`)
  }
  return {
    heard,
    write,
    until,
    perhaps,
    send: (...frames) => {
      const given = heard.given as Set<string>
      for (const frame of frames) if ("id" in frame && typeof frame.id === "string") given.add(frame.id)
      return write(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(""))
    },
    ended: (id) => until(`the end of run ${JSON.stringify(id)}`, () => endsOf(heard, id).length > 0, limits.runMs),
    refused: (id) => until(`the refusing end for ${JSON.stringify(id)}`, () => endsOf(heard, id).length > 0),
    endInput: () => endInput(connection, ears, limits.answerMs),
    note: (name, value = performance.now()) => {
      ;(heard.notes as Record<string, number>)[name] = value
    }
  }
}

async function endInput(connection: Connection, ears: Ears, withinMs: number): Promise<void> {
  await within(Promise.race([connection.endInput().catch(() => undefined), ears.gone]), withinMs)
}

/** Everything that was written is heard before the rules judge: so the exit and both pipes are awaited. */
async function finish(connection: Connection, ears: Ears, limits: DialogueLimits): Promise<void> {
  await endInput(connection, ears, limits.exitMs)
  const drained = await within(ears.over, limits.exitMs)
  ears.killed = true
  await within(
    connection.kill().catch(() => undefined),
    limits.answerMs
  )
  if (drained === undefined) await within(ears.over, 250)
}

function exitWords(exit: RunnerExit | undefined): string {
  if (exit === undefined) return "has closed it"
  return exit.signal === null ? `exited with code ${exit.code}` : `was ended by ${exit.signal}`
}

function factWithin(ears: Ears, fact: () => boolean, withinMs: number): Promise<boolean> {
  if (fact()) return Promise.resolve(true)
  return new Promise((resolve) => {
    const done = (holds: boolean) => {
      clearTimeout(timer)
      ears.listeners.delete(look)
      resolve(holds)
    }
    const look = () => void (fact() && done(true))
    const timer = setTimeout(() => done(fact()), withinMs)
    ears.listeners.add(look)
  })
}

async function within<Value>(promise: Promise<Value>, ms: number): Promise<{ readonly value: Value } | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise.then((value) => ({ value })), late])
  } finally {
    clearTimeout(timer)
  }
}
