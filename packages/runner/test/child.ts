import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { isAlive, until } from "@signalbox/proof"
import { expect, onTestFinished } from "vitest"

// A runner as a real child process, seen from the host's end of its pipes.

export type Frame = Readonly<Record<string, unknown>>

export const startChild = (fixture: string) =>
  startNode(fileURLToPath(new URL(`fixtures/${fixture}.ts`, import.meta.url)))

/** In the package's folder, where its own name leads to it. */
export function startNode(...args: ReadonlyArray<string>) {
  const cwd = fileURLToPath(new URL("..", import.meta.url))
  const child = spawn(process.execPath, args, { stdio: "pipe", cwd })
  const text = { out: "", err: "" }
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text.out += part))
  child.stderr.setEncoding("utf8").on("data", (part: string) => (text.err += part))
  child.stdin.on("error", () => undefined)
  const closed = once(child, "close") as Promise<[number | null, string | null]>
  onTestFinished(async () => {
    child.kill("SIGKILL")
    child.stdout.destroy()
    await closed
  })
  /** A child that is gone will bring nothing about; what it said tells why. */
  const goesOn = (fact: string): false => {
    if (child.exitCode === null && child.signalCode === null) return false
    throw new Error(`the child exited before this came true: ${fact}\n${text.out}${text.err}`)
  }
  const out = () => framesOf(text.out)
  const err = () => framesOf(text.err)
  return {
    child,
    out,
    err,
    hear: (...lines: ReadonlyArray<unknown>) => {
      for (const line of lines) child.stdin.write(typeof line === "string" ? line : `${JSON.stringify(line)}\n`)
    },
    /** The types of what was said about a run, an end with its status. */
    story: (id: string) =>
      out()
        .filter((frame) => frame["id"] === id)
        .map((frame) => (frame["type"] === "end" ? `end ${frame["status"]}` : frame["type"])),
    untilOut: (fact: string, holds: (frames: ReadonlyArray<Frame>) => boolean) =>
      until(fact, () => holds(out()) || goesOn(fact)),
    untilErr: (fact: string, holds: (frames: ReadonlyArray<Frame>) => boolean) =>
      until(fact, () => holds(err()) || goesOn(fact)),
    closeInput: () => child.stdin.end(),
    /** Waits for the end of the process and of both pipes. */
    exit: async () => {
      const [code, signal] = await closed
      expect(isAlive(child.pid ?? 0)).toBe(false)
      return code ?? signal
    }
  }
}

/** Every whole line must be a frame: that is what the tests are about. */
function framesOf(text: string): ReadonlyArray<Frame> {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Frame)
}
