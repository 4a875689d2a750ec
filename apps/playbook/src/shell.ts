// Which shell carries out the steps, and how it is called.

import { accessSync, constants } from "node:fs"
import { basename, delimiter, join, resolve } from "node:path"
import { bashDriver } from "./bash-driver.ts"
import { posixDriver } from "./posix-driver.ts"

export interface Shell {
  readonly file: string
  readonly isBash: boolean
  /** The arguments for one step. Every path is a value of its own: nothing is pasted into the driver. */
  readonly args: (paths: StepPaths) => ReadonlyArray<string>
}

export interface StepPaths {
  /** The state that the step begins with; empty for none. */
  readonly from: string
  /** Where it leaves its own. */
  readonly to: string
  readonly block: string
}

/** The name that the shell knows itself by, in front of its error messages. */
const ownName = "playbook"

/** The wished one, else bash from PATH, else `/bin/sh`. */
export function findShell(path: string | undefined, wished: string | undefined): Shell {
  const file = findProgram(wished || "bash", path ?? "") ?? "/bin/sh"
  return basename(file) === "bash" ? bash(file) : posix(file)
}

function bash(file: string): Shell {
  const args = (paths: StepPaths) => ["--noprofile", "--norc", "-c", bashDriver, ownName, ...inOrder(paths)]
  return { file, isBash: true, args }
}

function posix(file: string): Shell {
  return { file, isBash: false, args: (paths) => ["-c", posixDriver, ownName, ...inOrder(paths)] }
}

function inOrder(paths: StepPaths): ReadonlyArray<string> {
  return [paths.from, paths.to, paths.block]
}

function findProgram(name: string, path: string): string | undefined {
  if (name.includes("/")) return isExecutable(name) ? resolve(name) : undefined
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
