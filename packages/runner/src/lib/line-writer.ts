// One stream out. Lines are collected and leave in batches, one batch in flight at a time, so whole lines are all that the
// stream ever sees. What waits is counted in characters; at the limit the writer is full until half of it has left.

/** Owned by the runner; ends with `close`. Full: lines are still taken, but `room` says when to go on. Dead: lines vanish. */
export interface LineWriter {
  readonly push: (line: string) => void
  /** Writes what was collected, unless a batch is in flight; what is collected meanwhile leaves right after it. */
  readonly flush: () => void
  /** Nothing when there is room, otherwise a promise of room. */
  readonly room: () => Promise<void> | undefined
  /** Resolves when everything has left. */
  readonly empty: () => Promise<void>
  /** The other side is gone: forgets everything and lets everyone go on. */
  readonly close: () => void
}

interface WriterState {
  lines: Array<string>
  /** Characters that are collected or in flight. */
  unwritten: number
  inFlight: boolean
  closed: boolean
  forRoom: Array<() => void>
  forEmpty: Array<() => void>
}

export function makeLineWriter(write: Write, maxUnwritten: number): LineWriter {
  const state: WriterState = { lines: [], unwritten: 0, inFlight: false, closed: false, forRoom: [], forEmpty: [] }
  return {
    push: (line) => {
      if (state.closed) return
      state.lines.push(line)
      state.unwritten += line.length + 1
    },
    flush: () => writeBatch(state, write, maxUnwritten),
    room: () => (state.unwritten < maxUnwritten ? undefined : new Promise((resolve) => state.forRoom.push(resolve))),
    empty: () => new Promise((resolve) => (state.unwritten === 0 ? resolve() : state.forEmpty.push(resolve))),
    close: () => {
      state.closed = true
      state.lines = []
      state.unwritten = 0
      release(state, maxUnwritten)
    }
  }
}

type Write = (text: string, done: () => void) => void

function writeBatch(state: WriterState, write: Write, maxUnwritten: number): void {
  if (state.inFlight || state.lines.length === 0) return
  const text = `${state.lines.join("\n")}\n`
  state.lines = []
  state.inFlight = true
  write(text, () => {
    state.inFlight = false
    if (state.closed) return
    state.unwritten -= text.length
    release(state, maxUnwritten)
    writeBatch(state, write, maxUnwritten)
  })
}

function release(state: WriterState, maxUnwritten: number): void {
  if (state.unwritten <= maxUnwritten / 2) wake(state.forRoom)
  if (state.unwritten === 0) wake(state.forEmpty)
}

function wake(waiting: Array<() => void>): void {
  for (const resolve of waiting.splice(0)) resolve()
}
