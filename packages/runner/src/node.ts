import { AsyncLocalStorage } from "node:async_hooks"
import { isUtf8 } from "node:buffer"
import { endOfInput, type LineSink, makeLineFramer, pushChunk } from "@signalbox/machine"
import { MAX_FRAME_BYTES } from "@signalbox/protocol"
import { errorStory } from "./lib/error-text.ts"
import type { RunHandler, RunnerOptions } from "./lib/run-handler.ts"
import { makeRunner, type Runner } from "./lib/runner.ts"
import type { RunnerPort } from "./lib/runner-port.ts"

// A runner as a Node process: the only file of this package that touches the platform. It owns the standard streams and
// the exit of the process from the moment that `serve` is called.

export interface ServeOptions extends RunnerOptions {
  /** What has to be ready before the first run. When it fails, the runner says `fatal` and exits 1. */
  readonly start?: () => Promise<void> | void
  /** Turns what others print, with `console` or on the standard streams, into diagnostics [true]. */
  readonly redirectConsole?: boolean
}

/** How long a process may linger when its work is done, or when it has failed and nobody takes its last words. */
const lingerMs = 2_000

/** How long cancelled runs may clean up when the host is gone. */
const cleanUpMs = 5_000

const currentRun = new AsyncLocalStorage<string>()
let serving = false

/**
 * Makes this process a runner: says `hello`, does every run that the host sends, several at a time, and resolves when
 * the host has closed its side and the last `end` has left. The process then exits 0 by itself, at the latest after two
 * seconds. Never rejects: what cannot be survived is said as `fatal`, and the process exits 1. When the host dies, every
 * run is cancelled and the process exits 1.
 */
export async function serve(handler: RunHandler<AbortSignal>, options: ServeOptions = {}): Promise<void> {
  if (serving) throw new Error("serve was called twice: a process has only one standard input; call it once")
  serving = true
  const runner = makeRunner(handler, nodePort(), options)
  const exit = makeExit(runner)
  process.on("uncaughtException", exit.fail)
  process.on("unhandledRejection", (thrown) => runner.diag("error", strayRejection(thrown), currentRun.getStore()))
  process.on("beforeExit", exit.stalled)
  watchOutput(exit)
  if (options.redirectConsole ?? true) redirectConsole(runner)
  try {
    await options.start?.()
    runner.hello()
  } catch (error) {
    return exit.fail(error)
  }
  readInput(runner, exit)
  await runner.finished
  return exit.finished()
}

interface Exit {
  /** Cannot go on: last words, then exit 1. Never resolves. */
  readonly fail: (thrown: unknown) => Promise<never>
  readonly hostGone: () => void
  readonly stalled: () => void
  /** Everything is done; resolves only after a good end. */
  readonly finished: () => Promise<void>
}

function makeExit(runner: Runner): Exit {
  let failed = false
  let done = false
  const never = new Promise<never>(() => undefined)
  const fail = (thrown: unknown) => {
    if (failed) return never
    failed = true
    exitAfter(lingerMs, 1)
    void runner.fatal(thrown).then(() => process.exit(1))
    return never
  }
  return {
    fail,
    hostGone: () => {
      if (failed) return
      failed = true
      exitAfter(cleanUpMs, 1)
      runner.hostGone()
      void runner.finished.then(() => process.exit(1))
    },
    stalled: () => {
      if (!done) void fail(new Error("nothing is left that could finish what is in flight"))
    },
    finished: () => {
      if (failed) return never
      done = true
      process.stdin.destroy()
      exitAfter(lingerMs, undefined, "unless it ends by itself")
      return Promise.resolve()
    }
  }
}

/** Without a code the process exits with the one that its author has set, or 0. */
function exitAfter(ms: number, code: number | undefined, mode?: "unless it ends by itself"): void {
  const timer = setTimeout(() => process.exit(code), ms)
  if (mode !== undefined) timer.unref()
}

/** The true `write` of both streams is taken before anything redirects it. */
function nodePort(): RunnerPort<AbortSignal> {
  const { stdout, stderr } = process
  const writeOut = stdout.write.bind(stdout)
  const writeError = stderr.write.bind(stderr)
  return {
    stdout: (text, done) => void writeOut(text, () => done()),
    stderr: (text, done) => void writeError(text, () => done()),
    defer: (flush) => void setImmediate(flush),
    makeAborter: () => {
      const controller = new AbortController()
      return { signal: controller.signal, abort: (reason) => controller.abort(reason) }
    },
    enter: (id, work) => currentRun.run(id, work)
  }
}

function watchOutput(exit: Exit): void {
  process.stdout.on("error", exit.hostGone)
  // A host may stop listening to stderr; the runs go on.
  process.stderr.on("error", () => undefined)
}

function readInput(runner: Runner, exit: Exit): void {
  const framer = makeLineFramer({ maxBytes: MAX_FRAME_BYTES, decode: utf8, isUtf8 })
  const sink: LineSink = {
    line: runner.line,
    repaired: () => runner.diag("warn", "a line held bad UTF-8, which was replaced"),
    oversize: runner.oversize
  }
  process.stdin.on("data", (chunk: Buffer) => pushChunk(framer, chunk, sink))
  process.stdin.on("end", () => {
    endOfInput(framer, sink)
    runner.endOfInput()
  })
  process.stdin.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNRESET") exit.hostGone()
    else void exit.fail(error)
  })
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
}

/** `console` writes through these two methods as well, in one call for each message. */
function redirectConsole(runner: Runner): void {
  process.stdout.write = redirected((text) => runner.diag("info", text, currentRun.getStore()))
  process.stderr.write = redirected((text) => runner.diag("warn", text, currentRun.getStore()))
}

function redirected(say: (text: string) => void): typeof process.stdout.write {
  return (chunk: string | Uint8Array, encoding?: unknown, written?: unknown): boolean => {
    const text = typeof chunk === "string" ? chunk : utf8(chunk)
    const message = text.replace(/\r?\n$/, "")
    if (message !== "") say(message)
    const done = typeof encoding === "function" ? encoding : written
    if (typeof done === "function") process.nextTick(() => done())
    return true
  }
}

function strayRejection(thrown: unknown): string {
  return `a promise was rejected and nobody waited for it: ${errorStory(thrown)}`
}
