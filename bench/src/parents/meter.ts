import { eventsInBlock, idOfRun, type MuxOrder, type MuxResult } from "../flood-order.ts"
import { quantile } from "../statistics.ts"

// The receiving end of every measuring parent: counts events, takes the times and says when all have come.

/** What the child put into each event beside its text. */
export interface Marked {
  readonly [field: string]: unknown
  readonly mark?: unknown
}

export interface Meter {
  /** Called for every event. */
  readonly hear: (id: string, event: Marked) => void
  readonly finished: Promise<MuxResult>
  /** The child is gone: any event that is missing, too much or wrong is an error from here on. */
  readonly judge: () => void
}

export function makeMeter(order: MuxOrder): Meter {
  const { promise: finished, resolve } = Promise.withResolvers<MuxResult>()
  const latencies = new Float64Array(order.perSecond > 0 ? order.events : 0)
  const wrong: Array<string> = []
  const check = makeCheck(order, wrong)
  let count = 0
  let wall = 0
  let cpu = 0
  const begin = () => {
    wall = performance.now()
    cpu = cpuMs()
  }
  const finish = () => {
    const sorted = latencies.subarray(order.warmUp).toSorted()
    const paced = order.perSecond > 0
    resolve({
      events: order.events - order.warmUp,
      wallMs: performance.now() - wall,
      cpuMs: cpuMs() - cpu,
      p50: paced ? quantile(sorted, 0.5) : undefined,
      p99: paced ? quantile(sorted, 0.99) : undefined
    })
  }
  const step = () => {
    count++
    if (count === order.warmUp) begin()
    else if (count === order.events) finish()
  }
  const hear = (id: string, event: Marked) => {
    if (order.perSecond > 0) latencies[count] = Number(process.hrtime.bigint()) / 1e6 - Number(event.mark) / 1e3
    if (order.verify) check(id, event.mark)
    step()
  }
  return {
    hear: order.verify || order.perSecond > 0 ? hear : step,
    finished,
    judge: () => {
      if (count !== order.events) wrong.push(`${count} events came instead of ${order.events}`)
      if (wrong.length > 0) throw new Error(wrong.slice(0, 3).join("; "))
    }
  }
}

/** Each run gets its own events, each once and in order; the times of a paced flood only have to grow. */
function makeCheck(order: MuxOrder, wrong: Array<string>) {
  const places = eventsInBlock(order)
  const paced = order.perSecond > 0
  const expected = new Map(Array.from({ length: order.runs }, (_, run) => [idOfRun(run), paced ? 0 : run]))
  return (id: string, mark: unknown) => {
    const least = expected.get(id)
    const right = paced ? Number(mark) >= Number(least) : mark === least
    if (!right) wrong.push(`${id} got the event ${String(mark)} instead of ${least}`)
    expected.set(id, paced ? Number(mark) : (Number(least) + order.runs) % places)
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
