import { execFile } from "node:child_process"
import { accessSync, constants, existsSync, lstatSync, statfsSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { showPath } from "./folders.ts"
import type { Settings } from "./settings.ts"
import { probePipes } from "./ProbePipes.ts"
import { probeWatchdog } from "./probe-watchdog.ts"

// What `signalbox doctor` looks at, in this order.

export interface Finding {
  readonly name: string
  readonly status: "ok" | "warn" | "fail"
  readonly message: string
  /** What to do. */
  readonly remedy?: string
}

export interface CheckContext {
  readonly settings: Settings
  readonly environment: Readonly<Record<string, string | undefined>>
}

export type Check = (context: CheckContext) => Finding | Promise<Finding>

export const checks: ReadonlyArray<Check> = [
  checkNode,
  checkGit,
  checkProc,
  checkPipes,
  checkWatchdog,
  checkDataFolder,
  checkSpace
]

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  const message = `${process.versions.node} at ${process.execPath}`
  if (major > 22 || (major === 22 && minor >= 19)) return { name: "node", status: "ok", message }
  return { name: "node", status: "fail", message, remedy: "Install Node.js 22.19 or newer." }
}

async function checkGit(): Promise<Finding> {
  const said = await new Promise<string | undefined>((resolve) => {
    execFile("git", ["--version"], { timeout: 10_000 }, (error, stdout) =>
      resolve(error === null ? stdout.trim() : undefined)
    )
  })
  if (said !== undefined) return { name: "git", status: "ok", message: said.replace(/^git version /, "") }
  return {
    name: "git",
    status: "warn",
    message: "is not installed",
    remedy: "Install git: most agents and playbooks need it."
  }
}

function checkProc(): Finding {
  const name = "/proc"
  if (existsSync("/proc/self/environ")) {
    return { name, status: "ok", message: "what a program leaves behind is found there and ended" }
  }
  const remedy = "On Linux, mount /proc. Elsewhere only a program's own process group can be ended."
  return { name, status: "warn", message: "is not there", remedy }
}

async function checkPipes(): Promise<Finding> {
  const name = "real pipes"
  const said = await probePipes()
  if (said.exitCode === 0) return { name, status: "ok", message: "a program can open /dev/stderr" }
  const remedy = "Install mkfifo (coreutils): without it, scripts that write to /dev/stderr fail."
  return { name, status: "warn", message: `a program cannot open /dev/stderr (exit code ${said.exitCode})`, remedy }
}

async function checkWatchdog(): Promise<Finding> {
  const name = "watchdog"
  const probe = await probeWatchdog()
  if (probe.ok) {
    return {
      name,
      status: "ok",
      message: `a program was ended ${(probe.ms / 1_000).toFixed(1)} s after its host was killed`
    }
  }
  const remedy = "Without it, programs outlive a host that is killed. Please report this with the line above."
  return { name, status: "fail", message: probe.problem, remedy }
}

/** Writable, and private: a folder that does not exist yet is judged by the one in which it would be made. */
export function checkDataFolder({ settings, environment }: CheckContext): Finding {
  const name = "data folder"
  const folder = settings.host.data_folder
  const shown = showPath(folder, environment)
  const there = nearestExisting(folder)
  try {
    if (!statSync(there).isDirectory()) throw new Error(`${there} is no folder`)
    accessSync(there, constants.W_OK | constants.X_OK)
  } catch (error) {
    const message = `${shown} cannot be written: ${error instanceof Error ? error.message : String(error)}`
    return {
      name,
      status: "fail",
      message,
      remedy: "Give this user the folder, or name another with --data or SIGNALBOX_DATA."
    }
  }
  if (there !== folder) return { name, status: "ok", message: `${shown} (it is made by the first run)` }
  const runs = join(folder, "runs")
  const stat = existsSync(runs) ? lstatSync(runs) : undefined
  if (stat?.isSymbolicLink() === true) {
    return {
      name,
      status: "fail",
      message: `${showPath(runs, environment)} is a link`,
      remedy: "Remove it: traces are not written through links."
    }
  }
  if (stat !== undefined && (stat.mode & 0o077) !== 0) {
    return {
      name,
      status: "warn",
      message: `${showPath(runs, environment)} can be read by others`,
      remedy: `Run chmod 700 ${runs}.`
    }
  }
  return { name, status: "ok", message: `${shown}, writable, traces are private` }
}

const leastBytes = 64 * 1024 ** 2
const fewBytes = 1024 ** 3

function checkSpace({ settings }: CheckContext): Finding {
  const name = "free space"
  const { bavail, bsize } = statfsSync(nearestExisting(settings.host.data_folder))
  const free = bavail * bsize
  const message = `${(free / 1024 ** 3).toFixed(1)} GiB for traces`
  if (free >= fewBytes) return { name, status: "ok", message }
  return {
    name,
    status: free < leastBytes ? "fail" : "warn",
    message,
    remedy: "Free space on the disk of the data folder."
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}
