import type { Framing, MuxOrder } from "./flood-order.ts"

// What the mux bench compares, and in which circumstances.

export interface Variant {
  readonly name: string
  readonly framing: Framing
  readonly program: URL
  /** Events compared with the limit's: slow ones get fewer, so that each takes about as long. */
  readonly share: number
}

const parent = (file: string) => new URL(`./parents/${file}.ts`, import.meta.url)

export const limit: Variant = { name: "raw split + JSON.parse", framing: "stdio", program: parent("raw"), share: 1 }
export const ours: Variant = {
  name: "Signalbox, to the sink",
  framing: "stdio",
  program: parent("SignalboxSink"),
  share: 1
}

/** Beside the limit for information: what our kind of pipe costs whoever reads from it. */
const throughRealPipe: Variant = {
  name: "limit, real pipe",
  framing: "stdio",
  program: parent("raw-real-pipe"),
  share: 1
}

export const variants: ReadonlyArray<Variant> = [
  limit,
  ours,
  throughRealPipe,
  { name: "Signalbox, recorded", framing: "stdio", program: parent("SignalboxRecorder"), share: 0.3 },
  { name: "vscode-jsonrpc", framing: "json-rpc", program: parent("vscode-jsonrpc"), share: 0.3 },
  { name: "ACP SDK", framing: "acp", program: parent("acp"), share: 0.15 }
]

/** Variants of the paced flood: the trace is written behind the callback and adds nothing to see. */
export const pacedVariants = variants.filter(
  (variant) => ![throughRealPipe.name, "Signalbox, recorded"].includes(variant.name)
)

export interface Cell {
  readonly name: string
  readonly runs: number
  readonly bytes: number
  readonly text: MuxOrder["text"]
}

const cell = (runs: number, bytes: number, text: MuxOrder["text"] = "ascii"): Cell => {
  const size = bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KB`
  return { name: `${runs} x ${size}${text === "ascii" ? "" : ", not ASCII"}`, runs, bytes, text }
}

export const cells: ReadonlyArray<Cell> = [
  ...[200, 4096].flatMap((bytes) => [1, 16, 256].map((runs) => cell(runs, bytes))),
  cell(16, 200, "unicode")
]

export const pacedCells: ReadonlyArray<Cell> = [1, 16, 256].map((runs) => cell(runs, 200))

/** How long a measurement is; a smoke only wants every event to arrive. */
export interface Size {
  readonly rounds: number
  readonly events: (cell: Cell) => number
  readonly perSecond: number
  readonly pacedEvents: number
  readonly verify: boolean
}

export const fullSize: Size = {
  rounds: 5,
  events: ({ bytes }) => (bytes < 1024 ? 1_000_000 : 150_000),
  perSecond: 2_000,
  pacedEvents: 4_000,
  verify: false
}

export const smokeSize: Size = {
  rounds: 1,
  events: ({ bytes }) => (bytes < 1024 ? 12_000 : 2_400),
  perSecond: 2_000,
  pacedEvents: 400,
  verify: true
}

export function floodOrder(cell: Cell, variant: Variant, size: Size): MuxOrder {
  const { runs, bytes, text } = cell
  const events = Math.round(size.events(cell) * variant.share)
  const { framing } = variant
  return { framing, runs, bytes, text, events, warmUp: Math.floor(events / 4), verify: size.verify, perSecond: 0 }
}

export function pacedOrder(cell: Cell, variant: Variant, size: Size): MuxOrder {
  const { runs, bytes, text } = cell
  const { pacedEvents: events, perSecond, verify } = size
  return { framing: variant.framing, runs, bytes, text, events, warmUp: Math.floor(events / 5), verify, perSecond }
}
