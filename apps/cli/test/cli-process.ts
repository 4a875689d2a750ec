import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { pidsWithCookie, temporaryFolder, until } from "@signalbox/proof"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import type { TraceRecord } from "@signalbox/protocol"
import { onTestFinished } from "vitest"

// The real program, started from its sources in surroundings of its own.

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

export interface CliOptions {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly program?: readonly [string, ...Array<string>]
}

export interface Cli {
  readonly child: ChildProcess
  /** What has been written until now. */
  readonly stdout: () => string
  readonly stderr: () => string
  readonly exited: Promise<number | string>
  /** The processes that carry this program's cookie, itself among them. */
  readonly left: () => ReadonlyArray<number>
  readonly data: string
}

/** Starts the program. Whatever becomes of the test, nothing of it is left behind. */
export function startCli(args: ReadonlyArray<string>, options: CliOptions = {}): Cli {
  const home = temporaryFolder()
  const data = join(home, "data")
  const cookie = `test-${randomUUID()}`
  const [file, ...first] = options.program ?? [process.execPath, main]
  const child = spawn(file, [...first, ...args], {
    cwd: options.cwd ?? home,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      TMPDIR: home,
      NODE_DISABLE_COMPILE_CACHE: "1",
      SIGNALBOX_DATA: data,
      SIGNALBOX_RUNNER: cookie,
      ...options.env
    }
  })
  const texts = { stdout: "", stderr: "" }
  child.stdout.on("data", (chunk: Buffer) => void (texts.stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => void (texts.stderr += chunk.toString()))
  child.stdin.on("error", () => undefined)
  child.stdin.end(options.input ?? "")
  const exited = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"))
  })
  const left = () => pidsWithCookie(cookie)
  onTestFinished(() => {
    for (const pid of left()) process.kill(pid, "SIGKILL")
  })
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, exited, left, data }
}

export interface CliResult {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
  readonly data: string
}

/** Runs the program to its end, and sees to it that nothing of it is left. */
export async function runCli(args: ReadonlyArray<string>, options: CliOptions = {}): Promise<CliResult> {
  const cli = startCli(args, options)
  const code = await cli.exited
  await nothingLeft(cli)
  return { code, stdout: cli.stdout(), stderr: cli.stderr(), data: cli.data }
}

export async function nothingLeft(cli: Cli, withinMs = 5_000): Promise<void> {
  await until("nothing of the program is left", () => cli.left().length === 0, withinMs)
}

/** The value of --runner that starts the scripted runner. */
export function scripted(...options: ReadonlyArray<string>): string {
  const { file, args } = scriptedRunnerCommand(options)
  return [file, ...args].map((word) => `'${word}'`).join(" ")
}

/** The records of a text that may still grow: the line without an end is left out. */
export function recordsOf(text: string): ReadonlyArray<TraceRecord> {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TraceRecord)
}

/** The texts of the traces in a data folder. */
export function tracesIn(data: string): ReadonlyArray<string> {
  const runs = join(data, "runs")
  if (!existsSync(runs)) return []
  return readdirSync(runs).map((name) => readFileSync(join(runs, name), "utf8"))
}

/** Waits until the program has written something. */
export async function untilWritten(cli: Cli, text: string | RegExp): Promise<void> {
  await until(`${text} is written`, () => cli.stdout().search(text) >= 0, 20_000)
}
