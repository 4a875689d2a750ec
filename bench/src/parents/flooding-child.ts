import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { type FloodOrder, idOfRun } from "../flood-order.ts"

// The flooding child as every parent but ours starts it: by hand, with Node's own pipes.

export type FloodingChild = ChildProcessByStdio<Writable, Readable, null>

/** The program and its arguments, for whoever starts it. */
export function floodCommand({ framing, runs, bytes, events, text, perSecond }: FloodOrder) {
  const order: FloodOrder = { framing, runs, bytes, events, text, perSecond }
  const file = fileURLToPath(new URL("../children/flood.ts", import.meta.url))
  return { file: process.execPath, args: [file, JSON.stringify(order)] }
}

export function startChild(order: FloodOrder): FloodingChild {
  const { file, args } = floodCommand(order)
  return spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] })
}

/** Gives the child its runs, upon which it begins. */
export function giveRuns(child: { readonly stdin: Writable }, order: FloodOrder): void {
  for (let run = 0; run < order.runs; run++)
    child.stdin.write(`{"type":"run","id":"${idOfRun(run)}","params":{"prompt":"go"}}\n`)
}

/** Ends the child's input and waits until it has left and all it wrote was read. */
export async function leave(child: ChildProcess & { readonly stdin: Writable }): Promise<void> {
  const closed = once(child, "close")
  child.stdin.end()
  await closed
}
