// A small program that outlives a killed host, in order to end what the host left running. It runs in a session of its
// own and holds none of the host's stdio. The host keeps a pipe to its stdin and writes `+ pid birth` and `- pid` for the
// groups it starts and has finished with, `/ folder` for the folder of its pipes, which is removed at the end, and `.` when
// it leaves in order. When the pipe ends without that, the host was killed, and the ladder begins:
// [1 s] SIGTERM [1 s] SIGKILL to group, cookie and descendants, then /proc until two sweeps in a row find nothing.
import { rmSync } from "node:fs"
import { basename } from "node:path"
import { bornAt, findHunted, signalProcess } from "./lib/Sweep.ts"

const stepMs = 1_000
const sweepMs = 50
const longestMs = 60_000
const learnMs = 2_000
const pausePerCost = 50

const cookie = process.argv[2]
if (cookie === undefined || cookie === "") {
  process.stderr.write("signalbox watchdog: it is started by a host with its token; there is nothing to do by hand.\n")
  process.exit(2)
}
watch(cookie)

function watch(token: string): void {
  const groups = new Map<number, number>()
  let rest = ""
  let folder = ""
  // Signals meant for the host's terminal must not end the watchdog before its work is done.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined)
  process.stdin.setEncoding("latin1")
  process.stdin.on("data", (text: string) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      if (line.startsWith("/ ")) folder = decodeURIComponent(line.slice(2))
      else note(groups, line)
    }
  })
  const find = makeHunt(token, groups)
  process.stdin.once("error", () => cleanUp(find, () => removeFolder(folder)))
  process.stdin.once("end", () => cleanUp(find, () => removeFolder(folder)))
  keepLearning(find, () => groups.size > 0)
  process.stdout.once("error", () => undefined)
  process.stdout.write("ready\n")
}

function note(groups: Map<number, number>, line: string): void {
  if (line === ".") process.exit(0)
  const [deed, number, born] = line.split(" ")
  const pid = Number(number)
  if (!Number.isSafeInteger(pid) || pid <= 1) return
  if (deed === "+") groups.set(pid, Number(born ?? 0))
  else groups.delete(pid)
}

/**
 * Remembers what belongs to the groups, now and then while the host lives: a leader may leave in the very moment in which
 * the host is killed, and with it what shows whose its children are.
 */
function keepLearning(hunt: () => unknown, isNeeded: () => boolean): void {
  const learn = () => {
    const started = performance.now()
    if (isNeeded()) hunt()
    const cost = performance.now() - started
    setTimeout(learn, Math.max(learnMs, cost * pausePerCost)).unref()
  }
  learn()
}

/** Finds what is to be ended, and remembers it with its birth. What is not there any more is forgotten. */
function makeHunt(token: string, groups: ReadonlyMap<number, number>) {
  const oldest = bornAt(process.pid)
  let known = new Map<number, number>()
  return () => {
    const bornSince = Math.min(oldest, ...groups.values())
    const found = findHunted({ groups, cookie: token, bornSince, known })
    known = new Map(found.map(({ pid, born }) => [pid, born]))
    return found
  }
}

/** Only what looks like a folder of pipes: a line that went wrong must not cost anybody a folder. */
function removeFolder(folder: string): void {
  if (basename(folder).startsWith("signalbox-pipes-")) rmSync(folder, { recursive: true, force: true })
}

function cleanUp(find: ReturnType<typeof makeHunt>, removeFiles: () => void): void {
  const started = performance.now()
  let emptyInARow = 0
  const sweep = () => {
    const found = find()
    const age = performance.now() - started
    emptyInARow = found.length === 0 ? emptyInARow + 1 : 0
    if (emptyInARow >= 2 || age > longestMs) {
      removeFiles()
      process.exit(0)
    }
    if (age >= 2 * stepMs) for (const { pid } of found) signalProcess(pid, "SIGKILL")
    else if (age >= stepMs) for (const { pid } of found) signalProcess(pid, "SIGTERM")
    setTimeout(sweep, sweepMs)
  }
  sweep()
}
