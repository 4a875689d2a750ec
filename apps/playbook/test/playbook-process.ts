// The real program under test: started with a private TMPDIR and a cookie, and shown to leave neither files nor processes.

import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { pidsWithCookie, until } from "@signalbox/proof"
import { afterAll, beforeAll, expect, onTestFinished } from "vitest"

type Event = Readonly<Record<string, unknown>> & { readonly type: string }

interface Frame {
  readonly type: string
  readonly id?: string
  readonly event?: Event
  readonly status?: string
  readonly error?: string
  readonly level?: string
  readonly message?: string
}

interface Item {
  readonly id: string
  readonly type: string
  readonly text?: string
  readonly command?: string
  readonly aggregated_output?: string
  readonly truncated?: boolean
  readonly output_bytes?: number
  readonly exit_code?: number | null
  readonly signal?: string
  readonly timed_out?: boolean
  readonly status?: string
  readonly duration_ms?: number
}

export interface PlaybookProcess {
  readonly child: ChildProcess
  readonly pid: number
  readonly cookie: string
  readonly temporary: string
  readonly send: (frame: unknown) => void
  /** Starts a run and waits for its `end`. */
  readonly run: (id: string, params: unknown) => Promise<Frame>
  readonly start: (id: string, params: unknown) => void
  readonly ended: (id: string) => Promise<Frame>
  readonly frames: ReadonlyArray<Frame>
  readonly events: (id: string) => ReadonlyArray<Event>
  /** The deltas of a run, joined. */
  readonly output: (id: string) => string
  /** The completed items of a run. */
  readonly items: (id: string) => ReadonlyArray<Item>
  readonly diags: (id: string) => ReadonlyArray<string>
  readonly exit: Promise<number | string>
  /** Closes its input, waits for its exit, and asserts that nothing of it is left. */
  readonly finish: () => Promise<void>
}

export interface PlaybookOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly program?: string
  /** Leave stdout unread until the test resumes it. */
  readonly paused?: boolean
  /** The test kills the program in a way that leaves it no time to tidy up its files. */
  readonly untidy?: boolean
}

export const sourceProgram = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** For one test. */
export function startPlaybook(options: PlaybookOptions = {}): PlaybookProcess {
  const playbook = launch(options)
  onTestFinished(playbook.finish)
  return playbook
}

/** One program for all tests of a group. */
export function sharePlaybook(options: PlaybookOptions = {}): () => PlaybookProcess {
  let shared: PlaybookProcess | undefined
  beforeAll(() => {
    shared = launch(options)
  })
  afterAll(() => shared?.finish())
  return () => shared as PlaybookProcess
}

let runs = 0

/** An id that no other run of this test file has. */
export function nextId(): string {
  return `run-${++runs}`
}

function launch(options: PlaybookOptions): PlaybookProcess {
  const cookie = `SIGNALBOX_TEST=${randomUUID()}`
  const temporary = mkdtempSync(join(tmpdir(), "signalbox-test-"))
  const [name = "", value = ""] = cookie.split("=")
  const env = { ...process.env, TMPDIR: temporary, ...options.env, [name]: value }
  const child = spawn(process.execPath, [options.program ?? sourceProgram], { env })
  const frames: Array<Frame> = []
  readLines(child.stdout, frames)
  readLines(child.stderr, frames)
  if (options.paused) child.stdout.pause()
  const exit = new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? code ?? -1))
  )
  let exited: number | string | undefined
  void exit.then((how) => {
    exited = how
  })
  child.stdin.on("error", () => undefined)
  const finish = async () => {
    child.stdout.resume()
    child.stdin.end()
    await exit
    await until("all processes of the test are gone", () => pidsWithCookie(cookie).length === 0)
    const left = readdirSync(temporary)
    rmSync(temporary, { recursive: true, force: true })
    if (!options.untidy) expect(left).toEqual([])
  }
  const send = (frame: unknown) => void child.stdin.write(`${JSON.stringify(frame)}\n`)
  const start = (id: string, params: unknown) => send({ type: "run", id, params })
  const ended = async (id: string) => {
    const find = () => frames.find((frame) => frame.type === "end" && frame.id === id)
    const isOver = () => find() !== undefined || exited !== undefined
    await until(`the end of run ${id}`, isOver, 25_000).catch((error: unknown) => {
      throw new Error(`${error}; last heard: ${JSON.stringify(frames.slice(-5))}`)
    })
    const end = find()
    if (end === undefined)
      throw new Error(`exited with ${exited} before the end of ${id}: ${JSON.stringify(frames.slice(-5))}`)
    return end
  }
  const events = (id: string) =>
    frames.flatMap((frame) => (frame.id === id && frame.event !== undefined ? [frame.event] : []))
  return {
    child,
    pid: child.pid as number,
    cookie,
    temporary,
    send,
    start,
    ended,
    run: (id, params) => {
      start(id, params)
      return ended(id)
    },
    frames,
    events,
    output: (id) =>
      events(id)
        .map((event) => (event.type === "item.delta" ? event["delta"] : ""))
        .join(""),
    items: (id) => events(id).flatMap((event) => (event.type === "item.completed" ? [event["item"] as Item] : [])),
    diags: (id) => frames.flatMap((frame) => (frame.type === "diag" && frame.id === id ? [frame.message ?? ""] : [])),
    exit,
    finish
  }
}

/** A playbook of steps, one for each text. */
export function steps(...codes: ReadonlyArray<string>): string {
  return codes.map((code) => `\`\`\`sh\n${code}\n\`\`\`\n`).join("")
}

const naps = new Map<string, number>()

/** Whether a program of a step was asleep each time we looked, for a good while: a writer sleeps so long at a full pipe. */
export function sleepsLong(playbook: PlaybookProcess, name: string): boolean {
  const asleep = pidsWithCookie(playbook.cookie).some((pid) => isAsleep(pid, name))
  const count = asleep ? (naps.get(playbook.cookie) ?? 0) + 1 : 0
  naps.set(playbook.cookie, count)
  return count > 30
}

function isAsleep(pid: number, name: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").includes(`(${name}) S `)
  } catch {
    return false
  }
}

function readLines(stream: NodeJS.ReadableStream, frames: Array<Frame>): void {
  let rest = ""
  stream.setEncoding("utf8")
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) frames.push(readFrame(line))
  })
}

function readFrame(line: string): Frame {
  try {
    return JSON.parse(line) as Frame
  } catch {
    return { type: "plain", message: line }
  }
}
