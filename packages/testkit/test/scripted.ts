import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { isAlive, until } from "@signalbox/proof"
import { expect, onTestFinished } from "vitest"
import { scriptedRunnerCommand } from "../src/scripted-runner-command.ts"

// A scripted runner in a test's hands: exact bytes in and out.

export interface Scripted {
  readonly child: ChildProcess
  readonly stdout: () => Buffer
  readonly stderr: () => string
  readonly write: (bytes: string | Uint8Array) => void
  readonly send: (...frames: ReadonlyArray<object>) => void
  readonly run: (id: string, ...lines: ReadonlyArray<string>) => void
  readonly frames: () => ReadonlyArray<Record<string, unknown>>
  /** The event of this type in this run, once it is there. */
  readonly event: (id: string, type: string) => Promise<Record<string, unknown>>
  readonly ended: (id: string) => Promise<Record<string, unknown>>
  readonly endInput: () => void
  /** Waits for the exit and the end of both pipes. */
  readonly gone: () => Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** Starts a scripted runner that is gone, at the latest, when the test is finished. */
export function scripted(
  options: ReadonlyArray<string> = [],
  { nodeOptions = [] as ReadonlyArray<string>, env = {} as Readonly<Record<string, string>> } = {}
): Scripted {
  const { file, args } = scriptedRunnerCommand(options)
  const child = spawn(file, [...nodeOptions, ...args], { stdio: "pipe", env: { ...process.env, ...env } })
  const chunks: Array<Buffer> = []
  let errors = ""
  child.stdout.on("data", (chunk: Buffer) => void chunks.push(chunk))
  child.stderr.on("data", (chunk: Buffer) => void (errors += chunk.toString()))
  child.stdin.on("error", () => undefined)
  const closed = once(child, "close")
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
    await until("the scripted runner is gone", () => !isAlive(child.pid ?? 0))
  })
  const stdout = () => Buffer.concat(chunks)
  const write = (bytes: string | Uint8Array) => void child.stdin.write(bytes)
  const send = (...frames: ReadonlyArray<object>) => write(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(""))
  const frames = () => stdout().toString().split("\n").flatMap(parsed)
  const find = async (what: string, matches: (frame: Record<string, unknown>) => boolean) => {
    await until(`${what}; heard ${JSON.stringify(stdout().toString().slice(-500))}`, () => frames().some(matches))
    return frames().find(matches) ?? {}
  }
  return {
    child,
    stdout,
    stderr: () => errors,
    write,
    send,
    frames,
    run: (id, ...lines) => send({ type: "run", id, params: { prompt: lines.join("\n") } }),
    event: async (id, type) => {
      const isIt = (frame: Record<string, unknown>) => frame["id"] === id && eventOf(frame)["type"] === type
      return eventOf(await find(`event ${type} of ${id}`, isIt))
    },
    ended: (id) => find(`the end of ${id}`, (frame) => frame["id"] === id && frame["type"] === "end"),
    endInput: () => void child.stdin.end(),
    gone: async () => {
      const [code, signal] = (await closed) as [number | null, string | null]
      expect(isAlive(child.pid ?? 0)).toBe(false)
      return { code, signal }
    }
  }
}

const eventOf = (frame: Record<string, unknown>) => (frame["event"] ?? {}) as Record<string, unknown>

function parsed(line: string): ReadonlyArray<Record<string, unknown>> {
  try {
    return [JSON.parse(line) as Record<string, unknown>]
  } catch {
    return []
  }
}
