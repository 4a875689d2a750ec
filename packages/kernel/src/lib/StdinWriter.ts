import type { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import type * as Scope from "effect/Scope"

/** The most that goes to the pipe in one piece: a page of the pipe, so that every page which is read is seen as a move. */
const pieceBytes = 4 * 1024
/** A wait is looked at so many times: an event loop that was held up costs one look at most, not the whole wait. */
const looks = 4

/**
 * The one writer of a child's stdin: whole lines, in order, never interleaved. The scope owns its timer. Full: lines
 * wait here, and `queuedBytes` tells how many bytes; the caller refuses at its own bound. Dead reader: what is queued
 * is dropped when the pipe breaks, and the exit that follows tells the story.
 */
export interface StdinWriter {
  readonly write: (text: string | Uint8Array) => void
  readonly queuedBytes: () => number
  /** Closes stdin after what is queued. */
  readonly end: () => void
  /** The reader has said something: from now on it is no longer starting. */
  readonly awake: () => void
}

export interface WriterLimits {
  /** How long a piece may make no progress; seen up to a quarter later. */
  readonly deadlineMs: number
  /** The same as long as the reader was not seen to be awake: it may still be starting. Never less than `deadlineMs`. */
  readonly bootMs: number
  /** Called once when the deadline has passed: the reader is stuck. */
  readonly onStuck: () => void
}

export const makeStdinWriter = (
  stdin: Writable,
  limits: WriterLimits
): Effect.Effect<StdinWriter, never, Scope.Scope> =>
  Effect.gen(function* () {
    let busy = false
    const patience = yield* makePatience(limits, () => busy)
    const queue: Array<Buffer> = []
    let queued = 0
    let ending = false

    const pump = () => {
      if (busy) return
      const piece = nextPiece(queue)
      if (piece === undefined) {
        if (ending) stdin.end()
        return
      }
      busy = true
      patience.given()
      stdin.write(piece, (error) => {
        busy = false
        patience.taken()
        queued -= piece.length
        if (error === null || error === undefined) return pump()
        queue.length = 0
        queued = 0
      })
    }
    return {
      write: (text) => {
        if (ending || stdin.destroyed) return
        const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : Buffer.from(text)
        queue.push(bytes)
        queued += bytes.length
        pump()
      },
      queuedBytes: () => queued,
      end: () => {
        if (ending) return
        ending = true
        pump()
      },
      awake: patience.awake
    }
  })

/** Looks now and then whether the reader takes what it is given. The timer is not moved per write: that would cost more. */
const makePatience = ({ deadlineMs, bootMs, onStuck }: WriterLimits, isBusy: () => boolean) =>
  Effect.gen(function* () {
    const timer = yield* FiberHandle.makeRuntime<never>()
    const step = Math.max(1, Math.ceil(deadlineMs / looks))
    let watching = false
    let isAwake = false
    let moved = false
    let waited = 0

    const watch = () => {
      watching = true
      timer(Effect.andThen(Effect.sleep(step), Effect.sync(look)))
    }
    const look = () => {
      watching = false
      if (!isBusy()) return
      waited = moved ? 0 : waited + step
      moved = false
      if (waited < (isAwake ? deadlineMs : Math.max(bootMs, deadlineMs))) watch()
      else onStuck()
    }
    const awake = () => {
      isAwake = true
    }
    return {
      awake,
      given: () => {
        moved = watching
        if (watching) return
        waited = 0
        watch()
      },
      // Who takes a piece that an earlier look has seen waiting, reads.
      taken: () => {
        if (waited > 0) awake()
      }
    }
  })

/** Small lines are joined, large ones are cut: a piece is never larger than the limit. */
function nextPiece(queue: Array<Buffer>): Buffer | undefined {
  const first = queue[0]
  if (first === undefined) return undefined
  if (first.length > pieceBytes) {
    queue[0] = first.subarray(pieceBytes)
    return first.subarray(0, pieceBytes)
  }
  let count = 0
  let size = 0
  while (count < queue.length && size + (queue[count] as Buffer).length <= pieceBytes)
    size += (queue[count++] as Buffer).length
  const taken = queue.splice(0, count)
  return taken.length === 1 ? first : Buffer.concat(taken, size)
}
