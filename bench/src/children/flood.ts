// A child that writes prepared events as fast as the pipe takes them, or at a pace. It begins when it has been given all
// of its runs, writes their ends behind the last event and leaves when its stdin ends.
import { Buffer } from "node:buffer"
import { setTimeout as sleep } from "node:timers/promises"
import { type FloodOrder, idOfRun } from "../flood-order.ts"
import { blockBytes, endBytes, eventBytes } from "./messages.ts"
import { writeAll } from "./write-all.ts"

const order = JSON.parse(process.argv[2] ?? "null") as FloodOrder
const stdout = 1

const block = order.perSecond === 0 ? blockBytes(order) : []
await givenAllRuns()
if (order.perSecond === 0) flood()
else await pace()
writeAll(stdout, Buffer.concat(Array.from({ length: order.runs }, (_, run) => endBytes(order.framing, run))))

async function givenAllRuns(): Promise<void> {
  const last = `"id":"${idOfRun(order.runs - 1)}"`
  let text = ""
  for await (const chunk of process.stdin.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.includes(last)) break
  }
  process.stdin.resume()
}

function flood(): void {
  const whole = Buffer.concat(block)
  let left = order.events
  for (; left >= block.length; left -= block.length) writeAll(stdout, whole)
  writeAll(stdout, Buffer.concat(block.slice(0, left)))
}

/** Each event is written by itself, so that each is a wake-up of its own for the parent. */
async function pace(): Promise<void> {
  const began = process.hrtime.bigint()
  for (let event = 0; event < order.events; ) {
    const due = (Number(process.hrtime.bigint() - began) / 1e9) * order.perSecond
    for (; event < order.events && event <= due; event++) {
      const mark = Math.floor(Number(process.hrtime.bigint()) / 1000)
      writeAll(stdout, eventBytes(order, { run: event % order.runs, mark }))
    }
    await sleep(1)
  }
}
