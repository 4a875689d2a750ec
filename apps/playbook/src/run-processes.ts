// Every process of one run, and their end. A step has a process group of its own; what left its group is known by a
// cookie in its environment, and descendants of both are found by their parents. No other run's processes are touched.

import { type ProcessFacts, readProcessTable, readProcessTableNow } from "./process-table.ts"

/** Owned by one run; ends with `end`. */
export interface RunProcesses {
  /** The value of the cookie variable for the steps of this run. */
  readonly cookie: string
  readonly add: (group: number) => void
  /** Forgets groups that are empty: their numbers may come back as somebody else's. To be called when a step is over. */
  readonly prune: () => void
  /** Ends one group: SIGTERM, a grace, SIGKILL. Resolves when it is gone. */
  readonly endGroup: (group: number) => Promise<void>
  /** Ends everything in the same way. Idempotent; says what was found. */
  readonly end: () => Promise<EndedProcesses>
  /** Kills everything at once, for the moment when the process itself ends. */
  readonly kill: () => void
}

/** Names and pids, "sleep (123)". `alive` is what even SIGKILL did not end: processes of another user, for example. */
export interface EndedProcesses {
  readonly ended: ReadonlyArray<string>
  readonly alive: ReadonlyArray<string>
}

const graceMs = 2_000
const firstPauseMs = 5
const longestPauseMs = 50

export function makeRunProcesses(cookie: string): RunProcesses {
  const groups = new Set<number>()
  let ending: Promise<EndedProcesses> | undefined
  const mine = async () => {
    const table = await readProcessTable()
    return table === undefined ? withoutTable(groups) : findMine(table, groups, cookie)
  }
  const inGroup = (group: number) => async () => {
    const only = new Set([group])
    const table = await readProcessTable()
    return table === undefined ? withoutTable(only) : targetsOf(table, only, (facts) => facts.group === group)
  }
  return {
    cookie,
    add: (group) => groups.add(group),
    prune: () => {
      for (const group of groups) if (!signal(-group, 0)) groups.delete(group)
    },
    endGroup: async (group) => {
      await endAll(inGroup(group))
    },
    end: () => {
      ending ??= endAll(mine)
      return ending
    },
    kill: () => {
      const table = readProcessTableNow()
      for (const target of table === undefined ? withoutTable(groups) : findMine(table, groups, cookie)) {
        signalTarget(target, "SIGKILL")
      }
    }
  }
}

/** `signalled` is a pid, or a group when it is negative. */
interface Target {
  readonly signalled: number
  readonly name: string
}

/** What starts while we look is found by the next look: done means that two looks in a row found nothing. */
async function endAll(find: () => Promise<ReadonlyArray<Target>>): Promise<EndedProcesses> {
  const found = await find()
  if (found.length === 0) return { ended: [], alive: [] }
  const names = new Set<string>()
  const told = new Set<number>()
  let alive: ReadonlyArray<string> = []
  const started = performance.now()
  let pauseMs = firstPauseMs
  let empty = 0
  for (let targets = found; empty < 2; targets = await find()) {
    empty = targets.length === 0 ? empty + 1 : 0
    alive = targets.map((target) => target.name)
    const elapsed = performance.now() - started
    // What SIGKILL does not end within as long again sits in the kernel: waiting longer would hold up the run.
    if (elapsed > 2 * graceMs) break
    for (const target of targets) {
      names.add(target.name)
      if (elapsed > graceMs) signalTarget(target, "SIGKILL")
      else if (!told.has(target.signalled)) signalTarget(target, "SIGTERM")
      told.add(target.signalled)
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    pauseMs = Math.min(longestPauseMs, pauseMs * 2)
  }
  return { ended: [...names].filter((name) => !alive.includes(name)), alive }
}

/** Which processes of a table belong to a run. Exported for its tests: numbers that come back cannot be staged. */
export function findMine(
  table: ReadonlyArray<ProcessFacts>,
  groups: ReadonlySet<number>,
  cookie: string
): ReadonlyArray<Target> {
  const found = new Set<number>()
  for (const facts of table) {
    // A group that carries another cookie is another run's, which got the number of one that died out here.
    const isMember = groups.has(facts.group) && facts.cookie === ""
    if (isMember || facts.cookie === cookie) found.add(facts.pid)
  }
  for (let before = -1; found.size > 0 && before !== found.size; ) {
    before = found.size
    for (const facts of table) if (found.has(facts.parent)) found.add(facts.pid)
  }
  found.delete(process.pid)
  return targetsOf(table, groups, (facts) => found.has(facts.pid))
}

/** Members of a group are signalled as a group: nothing that they start meanwhile is missed. */
function targetsOf(
  table: ReadonlyArray<ProcessFacts>,
  groups: ReadonlySet<number>,
  isMeant: (facts: ProcessFacts) => boolean
): ReadonlyArray<Target> {
  return table.filter(isMeant).map((facts) => ({
    signalled: groups.has(facts.group) ? -facts.group : facts.pid,
    name: `${facts.name} (${facts.pid})`
  }))
}

function withoutTable(groups: ReadonlySet<number>): ReadonlyArray<Target> {
  return [...groups]
    .filter((group) => signal(-group, 0))
    .map((group) => ({ signalled: -group, name: `process group ${group}` }))
}

function signalTarget(target: Target, name: NodeJS.Signals): void {
  signal(target.signalled, name)
  // A stopped process takes no signal but SIGKILL until it goes on.
  if (name === "SIGTERM") signal(target.signalled, "SIGCONT")
}

function signal(target: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, name)
    return true
  } catch {
    return false
  }
}
