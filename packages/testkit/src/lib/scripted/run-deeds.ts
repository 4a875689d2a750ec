import { existsSync } from "node:fs"
import { bare, type DeedWord, withNumbers, withText, wordAndRest } from "./arguments.ts"
import { isObject } from "./stdin-lines.ts"
import { agentMessage, type Deed, flattened, nextItem, type RunEnd, type ScriptedRun, type World } from "./world.ts"

// Deeds inside a run: what an orderly runner says and does, and how it breaks the order of a run's frames.

export const runDeeds: ReadonlyArray<DeedWord> = [
  withText("say TEXT", (text) => (world, run) => world.event(run, agentMessage(run, text))),
  withText("event JSON", readEvent),
  withText("delta COUNT TEXT", readDelta),
  withNumbers(
    "wait MS",
    [1, 1],
    (ms = 0) =>
      (world, run) =>
        pause(world, run, ms)
  ),
  withText("wait-for cancel | end-of-input | runs COUNT | file PATH", readWaitFor),
  bare("ignore-cancel", (_world, run) => void (run.meetsCancel = true)),
  bare("hang", () => new Promise<void>(() => undefined)),
  { usage: "ask [permission|question] [TEXT]", read: readAsk },
  withText("end ok | error TEXT | cancelled", readEnd),
  bare("end-twice", (world, run) => {
    world.end(run, { status: "ok" })
    world.end(run, { status: "ok" })
  }),
  bare("event-after-end", (world, run) => {
    world.end(run, { status: "ok" })
    world.event(run, agentMessage(run, "said after the end"))
  }),
  bare("gauge", (world, run) =>
    world.event(run, {
      type: "scripted.gauge",
      running: world.runs.size,
      highest: world.highest(),
      lines: world.stdin.lines,
      bad_lines: world.stdin.badLines,
      bytes: world.stdin.bytes
    })
  ),
  bare("echo-params", (world, run) => world.event(run, { type: "scripted.params", params: run.params })),
  withText(
    "env NAME",
    (name) => (world, run) => world.event(run, { type: "scripted.env", name, value: process.env[name] ?? null })
  ),
  bare("memory", (world, run) => {
    const { rss, heapUsed } = process.memoryUsage()
    world.event(run, { type: "scripted.memory", rss, heap_used: heapUsed })
  }),
  withText("diag LEVEL TEXT", (text) => {
    const [level, message] = wordAndRest(text)
    return message === "" ? undefined : (world, run) => world.diag(run, level, message)
  })
]

function readEvent(text: string): Deed | undefined {
  try {
    const event: unknown = JSON.parse(text)
    if (!isObject(event)) return undefined
    return (world, run) => {
      // An error inside a run does not stop it, but decides how it ends.
      if (event["type"] === "error") run.failure = flattened(String(event["message"] ?? "an error event"))
      world.event(run, event)
    }
  } catch {
    return undefined
  }
}

function readDelta(text: string): Deed | undefined {
  const [count, piece] = wordAndRest(text)
  if (!/^\d+$/.test(count) || piece === "") return undefined
  return (world, run) => {
    const id = nextItem(run)
    world.event(run, { type: "item.started", item: { id, type: "agent_message", text: "" } })
    for (let at = 0; at < Number(count); at++) {
      world.event(run, { type: "item.delta", item_id: id, field: "text", delta: piece })
    }
    const whole = piece.repeat(Number(count))
    world.event(run, { type: "item.completed", item: { id, type: "agent_message", text: whole } })
  }
}

/** Waits, and stops waiting when the run is to be cancelled. */
async function pause(world: World, run: ScriptedRun, ms: number): Promise<void> {
  let over = false
  let timer: NodeJS.Timeout | undefined
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      over = true
      resolve()
    }, ms)
  })
  await Promise.race([time, world.until(() => over || isStopped(run))])
  clearTimeout(timer)
  over = true
}

function isStopped(run: ScriptedRun): boolean {
  return run.cancelled && !run.meetsCancel
}

function readWaitFor(text: string): Deed | undefined {
  const [what, rest] = wordAndRest(text)
  if (text === "cancel") return waitForCancel
  if (text === "end-of-input") return (world, run) => world.until(() => world.inputEnded() || isStopped(run))
  if (what === "runs" && /^\d+$/.test(rest)) {
    return (world, run) => world.until(() => world.runs.size >= Number(rest) || isStopped(run))
  }
  if (what !== "file" || rest === "") return undefined
  return async (world, run) => {
    while (!existsSync(rest) && !isStopped(run)) await pause(world, run, 5)
  }
}

/** After the end of input no cancel can come: then the wait is given up, so that the runner can drain. */
async function waitForCancel(world: World, run: ScriptedRun): Promise<void> {
  run.meetsCancel = true
  await world.until(() => run.cancelled || world.inputEnded())
  if (!run.cancelled) throw new Error("the input ended while the script waited for a cancel")
}

function readAsk(text: string): Deed | undefined {
  const [word, rest] = wordAndRest(text)
  const kind = word === "question" ? "question" : "permission"
  const message = word === kind ? rest : text
  return async (world, run) => {
    const request = `ask_${++run.items}`
    world.frame({ type: "ask", id: run.id, request, kind, message: message === "" ? "May I?" : message })
    await world.until(() => run.answers.has(request) || isStopped(run) || world.inputEnded())
    if (isStopped(run)) return
    if (!run.answers.has(request)) throw new Error("the input ended while the script waited for an answer")
    world.event(run, { type: "scripted.answer", request, value: run.answers.get(request) ?? null })
  }
}

function readEnd(text: string): Deed | undefined {
  const [status, error] = wordAndRest(text)
  const end: RunEnd | undefined =
    text === "ok" || text === "cancelled"
      ? { status: text }
      : status === "error" && error !== ""
        ? { status: "error", error }
        : undefined
  return end === undefined ? undefined : (world, run) => world.end(run, end)
}
