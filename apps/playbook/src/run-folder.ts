// The private folder of one run: the block that is being carried out, and the shell state that goes from step to step.

import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, unlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Step } from "./parse-playbook.ts"
import type { StepPaths } from "./shell.ts"

/** Owned by its run; ends with `remove`. It holds the variables of the steps, so only its owner may read it. */
export interface RunFolder {
  /** Whether a step has handed on its state: the next one gets all its variables from there. */
  readonly hasState: () => boolean
  /** Writes the block of a step and says where everything is. */
  readonly prepare: (step: Step) => StepPaths
  /** To be called when the step is over. False when it handed on no state: the next one begins as this one did. */
  readonly keepState: (paths: StepPaths) => boolean
  readonly remove: () => void
}

const lastLine = "# whole\n"
/** The state itself, the shell's options, and a list of names that is needed while the state is written. */
const stateFiles = ["", ".options", ".names"]

export function makeRunFolder(): RunFolder {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-playbook-"))
  let state = ""
  let made = 0
  const prepare = (step: Step): StepPaths => {
    const block = join(folder, "playbook.md")
    writeBlock(block, step, state)
    const to = join(folder, `state-${++made}`)
    // Made here, because a step may set a umask that would make them unreadable.
    for (const suffix of stateFiles) writeFileSync(`${to}${suffix}`, "", { mode: 0o600 })
    return { from: state, to, block }
  }
  const keepState = (paths: StepPaths): boolean => {
    if (!isWhole(paths.to)) return false
    const old = state
    state = paths.to
    if (old !== "") for (const suffix of stateFiles) rmSync(`${old}${suffix}`, { force: true })
    return true
  }
  const remove = () => rmSync(folder, { recursive: true, force: true })
  return { hasState: () => state !== "", prepare, keepState, remove }
}

/**
 * The code stands on the lines that it has in the playbook, so that the shell's own messages name those. The first line
 * restores the options of the shell, last of all: what comes before it is ours and must not be seen by `set -x`. A new
 * file each time: something that an earlier block left running may still read the old one.
 */
function writeBlock(file: string, step: Step, state: string): void {
  const options = state === "" ? "" : `{ . ${quoted(`${state}.options`)}; } >/dev/null 2>&1`
  try {
    unlinkSync(file)
  } catch {
    // The first step of the run.
  }
  writeFileSync(file, `${options}${"\n".repeat(step.line)}${step.code}\n`, { mode: 0o600 })
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function isWhole(file: string): boolean {
  try {
    const fd = openSync(file, "r")
    try {
      const end = Buffer.alloc(lastLine.length)
      const from = Math.max(0, fstatSync(fd).size - end.length)
      return readSync(fd, end, 0, end.length, from) === end.length && end.toString() === lastLine
    } finally {
      closeSync(fd)
    }
  } catch {
    return false
  }
}
