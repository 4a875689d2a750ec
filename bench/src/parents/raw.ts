// The limit: what plain Node needs to split a child's stdout into lines and to parse each of them.
import type { MuxOrder } from "../flood-order.ts"
import { orderOf, report } from "../measure-in-process.ts"
import { giveRuns, leave, startChild } from "./flooding-child.ts"
import { makeMeter, type Marked } from "./meter.ts"

interface Frame {
  readonly type: string
  readonly id: string
  readonly event: Marked
}

const order = orderOf<MuxOrder>()
const meter = makeMeter(order)
const child = startChild(order)
let rest = ""
child.stdout.setEncoding("utf8")
child.stdout.on("data", (text: string) => {
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
