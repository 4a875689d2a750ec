// What the memory bench asks of a measuring process.

export interface ManyRunsOrder {
  readonly runs: number
}

export interface ManyRunsResult {
  /** Bytes in use after a collection: when the same number of runs had been carried once, and once more. */
  readonly before: number
  readonly after: number
  readonly ended: number
}

export interface UnreadRunOrder {
  readonly megabytes: number
}

export interface UnreadRunResult {
  readonly events: number
  readonly journalBytes: number
  /** Bytes over what was there when the run began: the most that was seen while it ran. */
  readonly mostHeap: number
  readonly mostOutsideHeap: number
  readonly mostResident: number
  /** After a collection, with the run over, its recorder open and its reader still there. */
  readonly heapAfter: number
}
