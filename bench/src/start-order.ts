// What the start bench asks of a measuring process.

/** Who answers: a runner that is warm, a warm child by hand, or a program that is spawned for each run. */
export type FirstEventWay = "supervisor" | "raw" | "sh" | "python3" | "node"

export interface FirstEventOrder {
  readonly way: FirstEventWay
  /** Runs that are asked for in the same moment. */
  readonly atOnce: number
  readonly times: number
}

export interface SpawnOrder {
  readonly way: "kernel" | "by-hand"
  readonly atOnce: number
  readonly times: number
}

/** Milliseconds of each time, from the request until the last of those asked for at once was answered. */
export interface StartResult {
  readonly ms: ReadonlyArray<number>
  /** Only of the kernel: until nothing of the process is left, descendants included. */
  readonly goneMs?: ReadonlyArray<number>
}
