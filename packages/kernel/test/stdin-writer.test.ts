import type { Writable } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { makeStdinWriter } from "../src/lib/StdinWriter.ts"

describe("a stdin writer", () => {
  it.effect("writes whole texts in order, cuts large ones and joins small ones [S0-24]", () =>
    Effect.gen(function* () {
      const { writer, pipe } = yield* writing()
      writer.write("first\n")
      for (const text of ["a\n", "b\n", "x".repeat(40_000), "\n", "c\n"]) writer.write(text)
      while (pipe.waits()) pipe.take()
      assert.strictEqual(pipe.taken.join(""), `first\na\nb\n${"x".repeat(40_000)}\nc\n`)
      assert.isAtMost(Math.max(...pipe.taken.map((piece) => piece.length)), 4 * 1024)
      assert.isBelow(pipe.taken.length, 14)
      assert.strictEqual(writer.queuedBytes(), 0)
    })
  )

  it.effect("says once that the reader is stuck when one piece waits for the whole deadline [W0-09]", () =>
    Effect.gen(function* () {
      const { writer, stuck } = yield* writing()
      writer.write("x".repeat(50_000))
      yield* TestClock.adjust(999)
      assert.deepStrictEqual([stuck(), writer.queuedBytes()], [0, 50_000])
      yield* TestClock.adjust(1)
      assert.strictEqual(stuck(), 1)
      writer.write("more")
      yield* TestClock.adjust(10_000)
      assert.strictEqual(stuck(), 1)
    })
  )

  it.effect("waits for a reader that is slow but moves, however long it takes [W0-09]", () =>
    Effect.gen(function* () {
      const { writer, pipe, stuck } = yield* writing()
      writer.write("x".repeat(4 * 1024 * 20))
      for (let piece = 0; piece < 20; piece++) {
        yield* TestClock.adjust(900)
        pipe.take()
      }
      yield* TestClock.adjust(60_000)
      assert.deepStrictEqual([stuck(), writer.queuedBytes(), pipe.waits()], [0, 0, false])
    })
  )

  it.effect("starts a new deadline after a pause: the time without anything to write does not count [W0-09]", () =>
    Effect.gen(function* () {
      const { writer, pipe, stuck } = yield* writing()
      writer.write("one\n")
      yield* TestClock.adjust(900)
      pipe.take()
      yield* TestClock.adjust(90)
      writer.write("two\n")
      yield* TestClock.adjust(900)
      assert.strictEqual(stuck(), 0)
      yield* TestClock.adjust(350)
      assert.strictEqual(stuck(), 1)
    })
  )

  it.effect("gives a reader that is still starting its own time, and one that has begun to read no more [W0-09]", () =>
    Effect.gen(function* () {
      for (const begins of ["reads", "speaks"]) {
        const { writer, pipe, stuck } = yield* writing({ bootMs: 5_000 })
        writer.write("x".repeat(4 * 1024 * 20))
        yield* TestClock.adjust(4_000)
        assert.strictEqual(stuck(), 0)
        if (begins === "reads") pipe.take()
        else writer.awake()
        yield* TestClock.adjust(1_250)
        assert.strictEqual(stuck(), 1)
      }
    })
  )

  it.effect("says that a reader is stuck which never begins to read, when the time to start is over [W0-09]", () =>
    Effect.gen(function* () {
      const { writer, stuck } = yield* writing({ bootMs: 5_000 })
      writer.write("x".repeat(50_000))
      yield* TestClock.adjust(4_999)
      assert.strictEqual(stuck(), 0)
      yield* TestClock.adjust(1)
      assert.strictEqual(stuck(), 1)
    })
  )

  it.effect("closes the pipe after what is queued, and takes nothing more [S0-09]", () =>
    Effect.gen(function* () {
      const { writer, pipe } = yield* writing()
      writer.write("first\n")
      writer.write("second\n")
      writer.end()
      writer.write("late\n")
      writer.end()
      assert.isFalse(pipe.ended())
      while (pipe.waits()) pipe.take()
      assert.deepStrictEqual([pipe.taken.join(""), pipe.ended()], ["first\nsecond\n", true])
    })
  )

  it.effect("drops what is queued when the reader is gone, and stays quiet [S0-25]", () =>
    Effect.gen(function* () {
      const { writer, pipe, stuck } = yield* writing()
      writer.write("first\n")
      writer.write("second\n")
      pipe.breakNow()
      assert.strictEqual(writer.queuedBytes(), 0)
      writer.write("third\n")
      writer.end()
      yield* TestClock.adjust(60_000)
      assert.deepStrictEqual([pipe.taken, writer.queuedBytes(), stuck()], [[], 0, 0])
    })
  )
})

/** A writer with a deadline of a second over a pipe that takes a piece when it is told to. */
const writing = ({ bootMs = 0 } = {}) =>
  Effect.gen(function* () {
    const pipe = heldPipe()
    let stuck = 0
    const onStuck = () => void stuck++
    const writer = yield* makeStdinWriter(pipe.stream, { deadlineMs: 1_000, bootMs, onStuck })
    return { writer, pipe, stuck: () => stuck }
  })

function heldPipe() {
  const taken: Array<string> = []
  let held: { readonly piece: Buffer; readonly done: (error?: Error) => void } | undefined
  const stream = new PlainWritable((piece, done) => {
    held = { piece, done }
  })
  const settle = (error?: Error) => {
    const now = held
    held = undefined
    if (error === undefined) taken.push(now?.piece.toString() ?? "")
    now?.done(error)
  }
  return {
    stream: stream as unknown as Writable,
    taken,
    waits: () => held !== undefined,
    take: () => settle(),
    breakNow: () => {
      stream.destroyed = true
      settle(new Error("EPIPE"))
    },
    ended: () => stream.ended
  }
}

/** As much of a Writable as the writer uses; its callbacks come when the test says so. */
class PlainWritable {
  destroyed = false
  ended = false
  private readonly take: (piece: Buffer, done: (error?: Error) => void) => void
  constructor(take: (piece: Buffer, done: (error?: Error) => void) => void) {
    this.take = take
  }
  write(piece: Buffer, done: (error?: Error) => void): boolean {
    this.take(piece, done)
    return true
  }
  end(): void {
    this.ended = true
  }
}
