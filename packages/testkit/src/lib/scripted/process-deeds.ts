import { constants } from "node:os"
import { bare, type DeedWord, withNumbers, withText } from "./arguments.ts"
import { forkGrandchild, type ForkTrait, forkTraits } from "./fork.ts"
import { agentMessage, type Deed, type World } from "./world.ts"

// Deeds of the process itself: how it dies, and how it refuses to. What is written before a death is written at once.

export const processDeeds: ReadonlyArray<DeedWord> = [
  { usage: "fork [ignore-term] [hold-pipes] [new-session] [double]", read: readFork },
  bare("process", (world, run) =>
    world.event(run, {
      type: "scripted.process",
      pid: process.pid,
      parent_pid: process.ppid,
      cwd: process.cwd(),
      args: process.argv.slice(2)
    })
  ),
  bare("ignore-term", () => void process.on("SIGTERM", () => undefined)),
  bare("stop-reading", (world) => world.stopReading()),
  bare("close-stdout", (world) => world.stdout.close()),
  bare("close-stderr", (world) => world.stderr.close()),
  withText("fatal TEXT", (message) => (world) => {
    world.stderr.write(`${JSON.stringify({ type: "fatal", message })}\n`)
    process.exit(1)
  }),
  bare("traceback", (world) => {
    world.stderr.write(traceback)
    process.exit(1)
  }),
  bare("crash", (world) => {
    world.stderr.write("scripted runner: crashed as asked\n")
    process.exit(70)
  }),
  withNumbers(
    "exit CODE",
    [1, 1],
    (code = 0) =>
      () =>
        process.exit(code)
  ),
  withText("kill-self SIGNAL", (name) =>
    name in constants.signals ? () => void process.kill(process.pid, name as NodeJS.Signals) : undefined
  ),
  { usage: "ends COUNT [BYTES] then exit", read: readEnds }
]

const traceback = `Traceback (most recent call last):
  File "runner.py", line 41, in main
    serve(model)
  File "runner.py", line 17, in serve
    raise RuntimeError("the model is gone")
RuntimeError: the model is gone
`

function readFork(text: string): Deed | undefined {
  const given = text === "" ? [] : text.split(/\s+/)
  const isTrait = (word: string): word is ForkTrait => (forkTraits as ReadonlyArray<string>).includes(word)
  if (!given.every(isTrait)) return undefined
  return async (world, run) => {
    const held = [...(world.stdout.isClosed() ? [] : [1]), ...(world.stderr.isClosed() ? [] : [2])]
    const pid = await forkGrandchild(given, held)
    world.event(run, { type: "scripted.fork", pid, traits: given })
  }
}

/** Waits for so many runs, ends them all in one breath, each after an event of so many letters, and exits at once. */
function readEnds(text: string): Deed | undefined {
  const parts = /^(\d+)(?: (\d+))? then exit$/.exec(text)
  if (parts === null) return undefined
  const count = Number(parts[1])
  const letters = Number(parts[2] ?? 0)
  return async (world) => {
    await world.until(() => world.runs.size >= count)
    endAll(world, letters)
    process.exit(0)
  }
}

function endAll(world: World, letters: number): void {
  for (const run of world.runs.values()) {
    if (letters > 0) world.event(run, agentMessage(run, "x".repeat(letters)))
    world.end(run, { status: "ok" })
  }
}
