// The processes of this machine as far as a run must know them, read from /proc. Where there is no /proc the table is
// undefined, and process groups have to do.

import { readdirSync, readFileSync } from "node:fs"

export interface ProcessFacts {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly name: string
  /** The value of the cookie in the environment that it was started with; empty when it has none or is not ours. */
  readonly cookie: string
}

export type ProcessTable = ReadonlyArray<ProcessFacts>

/** The variable by which a process is known to belong to a run, whatever group it moved to. */
export const cookieVariable = "SIGNALBOX_PLAYBOOK"

/** Readings are this many times their own cost apart, so that many runs ending at once share them. */
const spacing = 4
const longestSpacingMs = 100

let pending: Promise<ProcessTable | undefined> | undefined
let notBefore = 0

/** A table that was read after the call. Callers at about the same time get the same one. */
export function readProcessTable(): Promise<ProcessTable | undefined> {
  pending ??= new Promise((resolve) => {
    const wait = Math.max(0, notBefore - performance.now())
    const read = () => {
      pending = undefined
      resolve(readNow())
    }
    if (wait === 0) setImmediate(read)
    else setTimeout(read, wait)
  })
  return pending
}

/** Reads at once, for the moment when the process itself ends. */
export function readProcessTableNow(): ProcessTable | undefined {
  return readNow()
}

function readNow(): ProcessTable | undefined {
  const started = performance.now()
  const table = readAll()
  const ended = performance.now()
  notBefore = ended + Math.min(longestSpacingMs, spacing * (ended - started))
  return table
}

function readAll(): ProcessTable | undefined {
  let names: ReadonlyArray<string>
  try {
    names = readdirSync("/proc")
  } catch {
    return undefined
  }
  const pids = names.map(Number).filter(Number.isInteger)
  if (pids.length === 0) return undefined
  return pids.flatMap((pid) => readFacts(pid))
}

/** `pid (name) state parent group ...`: a name may hold spaces and brackets. Zombies are gone for our purposes. */
function readFacts(pid: number): ReadonlyArray<ProcessFacts> {
  const stat = readText(`/proc/${pid}/stat`)
  const nameEnd = stat.lastIndexOf(")")
  const [state, parent, group] = stat.slice(nameEnd + 2).split(" ", 3)
  if (state === undefined || state === "" || state === "Z" || state === "X") return []
  const name = stat.slice(stat.indexOf("(") + 1, nameEnd)
  return [{ pid, parent: Number(parent), group: Number(group), name, cookie: readCookie(pid) }]
}

function readCookie(pid: number): string {
  const environment = readText(`/proc/${pid}/environ`)
  const start = `${cookieVariable}=`
  const at = environment.startsWith(start) ? 0 : environment.indexOf(`\0${start}`) + 1
  if (at === 0 && !environment.startsWith(start)) return ""
  const end = environment.indexOf("\0", at)
  return environment.slice(at + start.length, end < 0 ? undefined : end)
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1")
  } catch {
    return ""
  }
}
