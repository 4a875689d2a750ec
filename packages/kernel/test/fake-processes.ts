import type { RunEvent } from "@signalbox/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { type Process, type ProcessExit, type ProcessOrder, Processes } from "../src/index.ts"

// Processes without processes, so that a test can take a hundred thousand steps. What a program would do is a function.

export interface FakeProcess {
  readonly pid: number
  /** Every line that was written to stdin, in order. */
  readonly lines: Array<string>
  readonly say: (frame: object) => void
  readonly exit: (exit?: Partial<ProcessExit>) => void
}

export interface FakeFrame {
  readonly type: string
  readonly id: string
}

/** `hear` is called with every frame that a process reads, in the same turn. A stopped process exits in a later one. */
export function fakeProcesses(hear: (process: FakeProcess, frame: FakeFrame) => void) {
  const all: Array<FakeProcess> = []
  const spawn = (order: ProcessOrder) =>
    Effect.gen(function* () {
      const { process, fake } = makeFake(order, all.length + 1, hear)
      all.push(fake)
      yield* Effect.addFinalizer(() => Effect.andThen(Effect.sync(process.stop), process.gone))
      return process
    })
  const layer = Layer.succeed(Processes, { spawn, token: "fake", watchdogPid: () => undefined })
  return { all, layer }
}

function makeFake(order: ProcessOrder, pid: number, hear: (process: FakeProcess, frame: FakeFrame) => void) {
  const gone = Deferred.makeUnsafe<ProcessExit>()
  let over = false
  const fake: FakeProcess = {
    pid,
    lines: [],
    say: (frame) => {
      if (!over) order.hooks.stdout(Buffer.from(`${JSON.stringify(frame)}\n`))
    },
    exit: (exit = {}) => {
      if (over) return
      over = true
      const facts = { exitCode: 0, signal: null, drained: true, swept: 0, ...exit }
      order.hooks.leaving()
      order.hooks.exited(facts)
      Deferred.doneUnsafe(gone, Exit.succeed(facts))
    }
  }
  const process: Process = {
    pid,
    write: (text) => {
      for (const line of Buffer.from(text).toString().split("\n").slice(0, -1)) {
        fake.lines.push(line)
        if (!over) hear(fake, JSON.parse(line) as FakeFrame)
      }
    },
    queuedBytes: () => 0,
    endInput: () => undefined,
    stop: () => void setImmediate(() => fake.exit()),
    gone: Deferred.await(gone)
  }
  return { process, fake }
}

/** Runs later, as the answer of another process would: never while it is being written to. */
export function soon(then: () => void): void {
  setImmediate(then)
}

export const hello = { type: "hello", protocol: 1, capabilities: { cancel: "cooperative", answer: true } }
export const end = (id: string) => ({ type: "end", id, status: "ok" })
export const said = (id: string, event: RunEvent) => ({ type: "event", id, event })
