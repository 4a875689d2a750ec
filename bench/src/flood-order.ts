// What a flood is: the words between the bench, the measuring parent and the child that writes.

/** How the child frames its messages: our stdio protocol, JSON-RPC with Content-Length, ACP as newline-delimited JSON. */
export type Framing = "stdio" | "json-rpc" | "acp"

export interface FloodOrder {
  readonly framing: Framing
  readonly runs: number
  /** Bytes of a message, the newline of a line included and a header not. */
  readonly bytes: number
  readonly events: number
  readonly text: "ascii" | "unicode"
  /** Events per second, each with the time at which it was sent; 0: as fast as the pipe takes prepared bytes. */
  readonly perSecond: number
}

/** What a measuring parent is told. */
export interface MuxOrder extends FloodOrder {
  /** Events before the clock starts: the code is compiled by then. */
  readonly warmUp: number
  /** Check the run and the number of each event instead of only counting. */
  readonly verify: boolean
}

export interface MuxResult {
  /** Events after the warm-up, and the wall and processor time that this process took for them. */
  readonly events: number
  readonly wallMs: number
  readonly cpuMs: number
  /** Milliseconds from the child's write to the callback; only of a paced flood. */
  readonly p50: number | undefined
  readonly p99: number | undefined
}

/** As long as the ids that a host mints, and as different from each other. */
export function idOfRun(run: number): string {
  return `run_01kbg5m7xe${(run * 2654435761 + 1e15).toString(32).padStart(16, "0")}`
}

/** Events in one prepared block: a multiple of the runs, so that the event at each place belongs always to the same run. */
export function eventsInBlock(order: Pick<FloodOrder, "runs" | "bytes">): number {
  return order.runs * Math.ceil((256 * 1024) / (order.bytes * order.runs))
}
