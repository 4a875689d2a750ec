// The limit once more, but through a real pipe as our kernel gives it to a child: it holds 64 KiB, where Node's own pair of
// sockets holds several times as much. The difference to `raw.ts` is the price of the pipe alone.
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs"
import { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Writable } from "node:stream"
import type { MuxOrder } from "../flood-order.ts"
import { orderOf, report } from "../measure-in-process.ts"
import { floodCommand, giveRuns, leave } from "./flooding-child.ts"
import { makeMeter, type Marked } from "./meter.ts"

interface Frame {
  readonly type: string
  readonly id: string
  readonly event: Marked
}

const order = orderOf<MuxOrder>()
const meter = makeMeter(order)
const { ours, childEnd } = openPipe()
const { file, args } = floodCommand(order)
const child = spawn(file, args, { stdio: ["pipe", childEnd, "inherit"] }) as ChildProcess & { readonly stdin: Writable }
closeSync(childEnd)
const stdout = new Socket({ fd: ours, readable: true, writable: false })
let rest = ""
stdout.setEncoding("utf8")
stdout.on("data", (text: string) => {
  const lines = (rest + text).split("\n")
  rest = lines.pop() ?? ""
  for (const line of lines) {
    const frame = JSON.parse(line) as Frame
    if (frame.type === "event") meter.hear(frame.id, frame.event)
  }
})
giveRuns(child, order)
const result = await meter.finished
await leave(child)
meter.judge()
await report(result)

function openPipe() {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"))
  const path = join(folder, "pipe")
  try {
    execFileSync("mkfifo", [path])
    const ours = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return { ours, childEnd: openSync(path, constants.O_WRONLY) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
