import { type ChildProcessByStdio, spawn } from "node:child_process"
import { isUtf8 } from "node:buffer"
import type { Readable, Writable } from "node:stream"
import {
  type Command,
  type Dialect,
  type DialectSink,
  endOfInput,
  makeLineFramer,
  pushChunk,
  type Stray
} from "@signalbox/machine"
import { type EndFrame, type HostFrame, MAX_FRAME_BYTES, type RunEvent, type RunnerFrame } from "@signalbox/protocol"
import { until } from "@signalbox/proof"

// A real agent process with its dialect and nothing else: what the kernel does, without limits and without mercy.

/** One thing that happened at the dialect: the host said a frame, the dialect wrote a line, the agent said a line. */
export type Exchange =
  | { readonly way: "host"; readonly frame: HostFrame }
  | { readonly way: "in" | "out"; readonly line: string }

export interface DrivenAgent {
  readonly pid: number
  readonly frames: Array<RunnerFrame>
  readonly strays: Array<Stray>
  readonly exchanges: Array<Exchange>
  readonly send: (frame: HostFrame) => void
  readonly eventsOf: (run: string) => ReadonlyArray<RunEvent>
  /** Waits for an event of a run. */
  readonly event: (run: string, fact: string, holds: (event: RunEvent) => boolean) => Promise<RunEvent>
  readonly end: (run: string) => Promise<EndFrame>
  /** Closes stdin, waits for the exit and kills what does not go. */
  readonly stop: () => Promise<void>
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const decoder = new TextDecoder()

export function driveAgent(command: Command, dialect: Dialect): DrivenAgent {
  const child = spawn(command.file, command.args, {
    stdio: "pipe",
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.env === undefined ? {} : { env: command.env })
  })
  const driven = { frames: [] as Array<RunnerFrame>, strays: [] as Array<Stray>, exchanges: [] as Array<Exchange> }
  const sink: DialectSink = {
    write: (line) => {
      driven.exchanges.push({ way: "in", line })
      child.stdin.write(`${line}\n`)
    },
    frame: (frame) => driven.frames.push(frame),
    stray: (stray) => driven.strays.push(stray),
    endInput: () => child.stdin.end()
  }
  hear(child.stdout, (line) => {
    driven.exchanges.push({ way: "out", line })
    dialect.stdout(line, sink)
  })
  hear(child.stderr, (line) => dialect.stderr(line, sink))
  child.stdin.on("error", () => {})
  const exited = new Promise<void>((resolve) => child.on("close", () => resolve()))
  child.on("close", (exitCode, signal) => dialect.exited?.({ exitCode, signal }, sink))
  dialect.start(sink)
  const eventsOf = (run: string) =>
    driven.frames.flatMap((frame) => (frame.type === "event" && frame.id === run ? [frame.event] : []))
  return {
    ...driven,
    pid: child.pid ?? -1,
    send: (frame) => {
      driven.exchanges.push({ way: "host", frame })
      dialect.encode(frame, sink)
    },
    eventsOf,
    event: async (run, fact, holds) => {
      await until(fact, () => eventsOf(run).some(holds), 30_000)
      return eventsOf(run).find(holds) as RunEvent
    },
    end: async (run) => {
      const find = () => driven.frames.find((frame) => frame.type === "end" && frame.id === run) as EndFrame | undefined
      await until(`the end of ${run}`, () => find() !== undefined, 30_000)
      return find() as EndFrame
    },
    stop: () => stop(child, exited)
  }
}

function hear(stream: Readable, line: (text: string) => void): void {
  const framer = makeLineFramer({ maxBytes: MAX_FRAME_BYTES, decode: (bytes) => decoder.decode(bytes), isUtf8 })
  const sink = { line, repaired: () => {}, oversize: () => {} }
  stream.on("data", (chunk: Buffer) => pushChunk(framer, chunk, sink))
  stream.on("end", () => endOfInput(framer, sink))
}

async function stop(child: Child, exited: Promise<void>): Promise<void> {
  child.stdin.end()
  const killer = setTimeout(() => child.kill("SIGKILL"), 10_000)
  await exited
  clearTimeout(killer)
}
