// Request to first event without us: a warm child over plain pipes, or a program that is spawned for each run.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { orderOf, report } from "../measure-in-process.ts"
import type { FirstEventOrder, FirstEventWay } from "../start-order.ts"
import { repeat } from "./repeat.ts"

interface Frame {
  readonly type: string
  readonly id: string
}

const order = orderOf<FirstEventOrder>()
const event = '{"type":"event","id":"run_1","event":{"type":"turn.started"}}'
const all = (one: () => Promise<unknown>) => Promise.all(Array.from({ length: order.atOnce }, one))
if (order.way === "raw") await measureWarm()
else await report({ ms: await repeat(order.times, () => all(() => firstEventOf(order.way))) })

async function measureWarm(): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("../children/answer.ts", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  const heard = new Map<string, () => void>()
  onLines(child, (line) => {
    const frame = JSON.parse(line) as Frame
    if (frame.type !== "event") return
    heard.get(frame.id)?.()
    heard.delete(frame.id)
  })
  let number = 0
  const run = () =>
    new Promise<void>((resolve) => {
      const id = `run_${++number}`
      heard.set(id, resolve)
      child.stdin.write(`${JSON.stringify({ type: "run", id, params: { prompt: "go" } })}\n`)
    })
  const ms = await repeat(order.times, () => all(run))
  child.stdin.end()
  await once(child, "close")
  await report({ ms })
}

function firstEventOf(way: FirstEventWay): Promise<void> {
  const [file, ...args] = commandOf(way)
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] })
    child.once("error", reject)
    onLines(child, (line) => {
      if ((JSON.parse(line) as Frame).type === "event") resolve()
    })
  })
}

function commandOf(way: FirstEventWay): readonly [string, ...Array<string>] {
  if (way === "sh") return ["sh", "-c", `echo '${event}'`]
  if (way === "node") return [process.execPath, "-e", `console.log('${event}')`]
  // A version manager puts a slow script of its own before Python; what is measured is Python.
  return [existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3", "-c", `print('${event}')`]
}

function onLines(child: ChildProcess, hear: (line: string) => void): void {
  let rest = ""
  child.stdout?.setEncoding("utf8")
  child.stdout?.on("data", (text: string) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) hear(line)
  })
}
