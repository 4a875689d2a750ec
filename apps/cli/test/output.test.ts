import { Writable } from "node:stream"
import { until } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { makeOutput } from "../src/output.ts"

/** A stream whose reader takes nothing until it is told to. */
function stuckStream() {
  const taken: Array<string> = []
  let take: (() => void) | undefined
  const stream = new Writable({
    highWaterMark: 10,
    write: (chunk: Buffer, _encoding, done) => {
      take = () => {
        taken.push(chunk.toString())
        done()
      }
    }
  })
  return { stream, taken, take: () => take?.() }
}

async function isOpen(promise: Promise<void>): Promise<boolean> {
  let open = true
  void promise.then(() => (open = false))
  await new Promise((resolve) => setImmediate(resolve))
  return open
}

describe("the output", () => {
  it("goes on at once while there is room", async () => {
    const { stream } = stuckStream()
    expect(await isOpen(makeOutput(stream).write("short"))).toBe(false)
  })

  it("waits for a reader that is slow, and goes on when it has read", async () => {
    const { stream, taken, take } = stuckStream()
    const writing = makeOutput(stream).write("longer than ten")
    expect(await isOpen(writing)).toBe(true)
    take()
    await writing
    expect(taken).toEqual(["longer than ten"])
  })

  it("waits no more for a reader that was given up, and drops what is written then", async () => {
    const { stream, taken, take } = stuckStream()
    const output = makeOutput(stream)
    const writing = output.write("longer than ten")
    output.giveUp()
    await writing
    await output.write("dropped, however long it is")
    expect([output.isOver(), output.isGone(), stream.writableLength]).toEqual([true, false, 15])
    take()
    expect(taken).toEqual(["longer than ten"])
  })

  it("tells that its reader has gone, and wakes who waits", async () => {
    const { stream } = stuckStream()
    const output = makeOutput(stream)
    const writing = output.write("longer than ten")
    stream.destroy(new Error("EPIPE"))
    await Promise.all([writing, output.gone])
    expect(output.isGone()).toBe(true)
    await output.write("nobody hears this, and nobody waits for it")
    await until("nothing is queued", () => output.isOver())
  })
})
