import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { isAlive, until } from "@signalbox/proof"
import { decodeStderrLine, decodeStdoutLine, type RunnerFrame } from "@signalbox/protocol"
import { expect, onTestFinished } from "vitest"

// An example as a real child process, seen from the host's end of its pipes. Whatever it writes must be a frame.

export function startExample(program: string, path: string) {
  const child = spawn(program, [fileURLToPath(new URL(`../${path}`, import.meta.url))], { stdio: "pipe" })
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
  const out = () => linesOf(text.out).map((line) => frameOf(decodeStdoutLine(line), line))
  const story = (id: string) => out().filter((frame) => "id" in frame && frame.id === id)
  return {
    child,
    out,
    err: () => linesOf(text.err).map((line) => frameOf(decodeStderrLine(line), line)),
    hear: (...lines: ReadonlyArray<unknown>) => {
      for (const line of lines) child.stdin.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`)
    },
    /** The ends that were said about a run. */
    ends: (id: string) => story(id).filter((frame) => frame.type === "end"),
    /** What the growing item of a run came to, by its deltas and in its last form. */
    texts: (id: string) => textsOf(story(id)),
    until: (fact: string, holds: () => boolean) => until(fact, holds),
    drain: async () => {
      child.stdin.end()
      const [code, signal] = await closed
      expect(isAlive(child.pid ?? 0)).toBe(false)
      return code ?? signal
    },
    exit: async () => (await closed)[0]
  }
}

interface Said {
  readonly type: string
  readonly delta?: string
  readonly item?: { readonly text?: string }
}

function textsOf(frames: ReadonlyArray<RunnerFrame>) {
  const events = frames.flatMap((frame) => (frame.type === "event" ? [frame.event as Said] : []))
  return {
    deltas: events.map((event) => event.delta ?? "").join(""),
    whole: events.find((event) => event.type === "item.completed")?.item?.text
  }
}

function linesOf(text: string): ReadonlyArray<string> {
  return text.split("\n").slice(0, -1)
}

function frameOf<Frame>(read: { ok: true; value: Frame } | { ok: false }, line: string): Frame {
  if (!read.ok) throw new Error(`not a frame: ${line}`)
  return read.value
}
