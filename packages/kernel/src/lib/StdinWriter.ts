import type { Writable } from "node:stream"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import type * as Scope from "effect/Scope"

/** The most that goes to the pipe in one piece, so that a reader which is slow but alive is seen to move. */
const pieceBytes = 16 * 1024

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
}

export interface WriterLimits {
  /** How long a piece may make no progress. */
  readonly deadlineMs: number
  /** Called once when the deadline has passed: the reader is stuck. */
  readonly onStuck: () => void
}

export const makeStdinWriter = (
  stdin: Writable,
  limits: WriterLimits
): Effect.Effect<StdinWriter, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const timer = yield* FiberHandle.makeRuntime<never>()
    const queue: Array<Buffer> = []
    let queued = 0
    let busySince: number | undefined
    let ending = false
    let watching = false

    const pump = () => {
      if (busySince !== undefined) return
      const piece = nextPiece(queue)
      if (piece === undefined) {
        if (ending) stdin.end()
        return
      }
      busySince = clock.currentTimeMillisUnsafe()
      watch(limits.deadlineMs)
      stdin.write(piece, (error) => {
        busySince = undefined
        queued -= piece.length
        if (error === null || error === undefined) return pump()
        queue.length = 0
        queued = 0
      })
    }
    // The timer is not moved per write: it fires, looks how long the present piece has been waiting, and looks again.
    const watch = (ms: number) => {
      if (watching) return
      watching = true
      timer(Effect.andThen(Effect.sleep(Math.max(1, ms)), Effect.sync(look)))
    }
    const look = () => {
      watching = false
      if (busySince === undefined) return
      const left = busySince + limits.deadlineMs - clock.currentTimeMillisUnsafe()
      if (left > 0) watch(left)
      else limits.onStuck()
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
