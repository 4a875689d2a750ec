import { Buffer } from "node:buffer"
import { closeSync, openSync, readdirSync, readSync } from "node:fs"

// Finds the processes that a child left behind. A process group is not enough: real agents put tool shells in groups of
// their own, relaunch themselves and leave daemons. So /proc is searched for the group, for the environment cookie and
// for descendants of both. Where there is no /proc nothing is found, and the group signal has to do.

/** The variable that every child of a host carries, with one token per host and one number per child. */
export const cookieVariable = "SIGNALBOX_RUNNER"

export interface Hunted {
  /** Process groups, by the pid of their leader, with the leader's birth (0: not known). */
  readonly groups: ReadonlyMap<number, number>
  /** The text that the cookie of every hunted process contains. */
  readonly cookie: string
  /** When the first of them was born: what is older cannot carry the cookie, and its environment need not be read. */
  readonly bornSince?: number
  /** Processes that were seen to be of them, with their births: hunted on when all else that told it is gone. */
  readonly known?: ReadonlyMap<number, number>
}

export interface ProcessFacts {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** When it was born, in the system's ticks since it started. */
  readonly born: number
}

/** All living processes at one moment, for any number of hunts. Environments are read when a hunt first asks for them. */
export interface Census {
  readonly all: ReadonlyArray<ProcessFacts>
  readonly environments: Map<number, string>
}

export const takeCensus = (): Census => ({ all: readProcesses(), environments: new Map() })

/** The living processes that are hunted, the caller itself never among them. */
export function findHunted(hunted: Hunted, census: Census = takeCensus()): ReadonlyArray<ProcessFacts> {
  const { all } = census
  const { known, cookie, bornSince = 0 } = hunted
  const found = new Set<number>()
  for (const facts of all) {
    const { pid, born } = facts
    if (isOfGroup(facts, hunted) || known?.get(pid) === born || (born >= bornSince && hasCookie(census, pid, cookie)))
      found.add(pid)
  }
  addDescendants(all, found)
  return all.filter((facts) => facts.pid !== process.pid && found.has(facts.pid))
}

/** Children lead a session of their own. A pid that is given out again leads to nobody younger who has its number. */
function isOfGroup({ pid, group, session, born }: ProcessFacts, { groups }: Hunted): boolean {
  const leaderBorn = groups.get(group)
  if (leaderBorn === undefined || session !== group) return false
  return leaderBorn === 0 || (pid === group ? born === leaderBorn : born >= leaderBorn)
}

/** When a process was born, also when it has exited already and nobody has asked for its exit. 0 when that is not known. */
export function bornAt(pid: number): number {
  return Number(statFields(pid)[19] ?? 0)
}

/** Sends a signal to a process; false when it is gone already or is not ours. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

function readProcesses(): ReadonlyArray<ProcessFacts> {
  return processNames().flatMap((name) => {
    const facts = readStat(Number(name))
    return facts === undefined ? [] : [facts]
  })
}

function processNames(): ReadonlyArray<string> {
  try {
    return readdirSync("/proc").filter((name) => name >= "0" && name <= "9999999999")
  } catch {
    return []
  }
}

function readStat(pid: number): ProcessFacts | undefined {
  const fields = statFields(pid)
  const [state, parent, group, session] = fields
  if (state === undefined || state === "" || state === "Z" || state === "X") return undefined
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), born: Number(fields[19]) }
}

/** `pid (name) state parent group ...`: the name may hold spaces and brackets, so the fields begin after the last one. */
function statFields(pid: number): ReadonlyArray<string> {
  const stat = readText(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

/** The variable stands at the beginning or behind a NUL; others end with its name, and a program may have set it twice. */
function hasCookie({ environments }: Census, pid: number, cookie: string): boolean {
  const environment = environments.get(pid) ?? `\0${readText(`/proc/${pid}/environ`)}`
  environments.set(pid, environment)
  const variable = `\0${cookieVariable}=`
  for (let at = environment.indexOf(variable); at >= 0; at = environment.indexOf(variable, at + 1)) {
    const end = environment.indexOf("\0", at + 1)
    if (environment.slice(at, end < 0 ? undefined : end).includes(cookie)) return true
  }
  return false
}

function addDescendants(all: ReadonlyArray<ProcessFacts>, found: Set<number>): void {
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const facts of all) if (found.has(facts.parent)) found.add(facts.pid)
  }
}

/** Files of /proc have no size, for which `readFileSync` makes fresh room each time: many times the price of the reading. */
let room = Buffer.allocUnsafeSlow(64 * 1024)

function readText(path: string): string {
  let file: number | undefined
  try {
    file = openSync(path, "r")
    let size = 0
    for (let count = -1; count !== 0; size += count) {
      if (size === room.length) room = Buffer.concat([room], 2 * size)
      count = readSync(file, room, size, room.length - size, null)
    }
    return room.toString("latin1", 0, size)
  } catch {
    return ""
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
