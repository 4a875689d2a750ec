// The output of what a step left running. Its pipe must stay open and be emptied, or a server that logs would stop or
// die; a bounded end of what it wrote is kept for the report at the end of the run.

import type { Socket } from "node:net"

/** Owned by one run; ends with `close`. */
export interface LeftOutputs {
  readonly keep: (stream: Socket) => void
  /** Closes the pipes and returns the end of what was written after the steps were over. */
  readonly close: () => { readonly bytes: number; readonly end: string }
}

const keptBytes = 4_096
/** One piece each so often: a program that writes without an end must not keep everyone else from working. */
const pauseMs = 5

export function makeLeftOutputs(): LeftOutputs {
  const streams = new Set<Socket>()
  let bytes = 0
  let end = Buffer.alloc(0)
  const take = (stream: Socket, chunk: Buffer) => {
    bytes += chunk.length
    end = Buffer.concat([end, chunk]).subarray(-keptBytes)
    stream.pause()
    setTimeout(() => stream.resume(), pauseMs)
  }
  const keep = (stream: Socket) => {
    streams.add(stream)
    stream.on("data", (chunk: Buffer) => take(stream, chunk))
    stream.once("close", () => streams.delete(stream))
    stream.resume()
  }
  const close = () => {
    for (const stream of streams) stream.destroy()
    streams.clear()
    return { bytes, end: end.toString() }
  }
  return { keep, close }
}
