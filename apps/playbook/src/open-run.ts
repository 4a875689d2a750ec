// What one run has open, and its closing: a private folder, processes, pipes. Nothing of it outlives `close`.

import type { DiagLevel } from "@signalbox/protocol"
import type { PlaybookParams } from "./decode-params.ts"
import { type LeftOutputs, makeLeftOutputs } from "./left-output.ts"
import type { Step } from "./parse-playbook.ts"
import { cookieVariable } from "./process-table.ts"
import type { RealPipe, RealPipes } from "./real-pipe.ts"
import { makeRunFolder, type RunFolder } from "./run-folder.ts"
import { type EndedProcesses, makeRunProcesses, type RunProcesses } from "./run-processes.ts"
import type { Shell } from "./shell.ts"

/** What all runs of a program share. */
export interface House {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly shell: Shell
  readonly pipes: RealPipes
}

/** The part of a runner's context that a playbook needs. */
export interface PlaybookContext {
  readonly id: string
  readonly signal: AbortSignal
  readonly diag: (level: DiagLevel, message: string) => void
}

/** Owned by the run's handler; ends with `close`, also when the handler is stuck behind a reader that does not read. */
export interface OpenRun {
  readonly shell: Shell
  readonly cwd: string
  readonly stepTimeoutMs: number
  readonly folder: RunFolder
  readonly processes: RunProcesses
  readonly leftOutputs: LeftOutputs
  readonly isCancelled: () => boolean
  readonly nextItemId: () => string
  readonly openPipe: () => Promise<RealPipe | undefined>
  readonly stepEnvironment: () => Readonly<Record<string, string>>
  /** Remembers whether a step handed on its shell state, and tells when the next one needs it and has it not. */
  readonly noteState: (kept: boolean, step: Step) => void
  readonly beforeStep: () => void
  /** Ends every process, closes every pipe, removes the folder. Idempotent. */
  readonly close: () => Promise<void>
  /** The same at once and without a grace, for the moment when the process itself ends. */
  readonly abandon: () => void
}

let opened = 0

const missingPipes =
  "real pipes cannot be made here, so steps write to a socket: install mkfifo (coreutils) if they use /dev/stdout or /dev/stderr"

export function openRun(house: House, params: PlaybookParams, context: PlaybookContext): OpenRun {
  const folder = makeRunFolder()
  const processes = makeRunProcesses(`${process.pid}-${process.hrtime.bigint()}-${++opened}`)
  const leftOutputs = makeLeftOutputs()
  const { signal } = context
  const environment = firstEnvironment(house, params, { id: context.id, cookie: processes.cookie })
  let items = 0
  let toldOfPipes = false
  let stateless: Step | undefined
  let closing: Promise<void> | undefined
  const onAbort = () => void processes.end()
  signal.addEventListener("abort", onAbort)
  const close = async () => {
    const left = await processes.end()
    signal.removeEventListener("abort", onAbort)
    tellLeft(context, left, leftOutputs.close())
    folder.remove()
  }
  return {
    shell: house.shell,
    cwd: params.cwd ?? process.cwd(),
    stepTimeoutMs: params.stepTimeoutMs,
    folder,
    processes,
    leftOutputs,
    isCancelled: () => signal.aborted || closing !== undefined,
    nextItemId: () => `item_${items++}`,
    openPipe: async () => {
      const pipe = await house.pipes.open()
      if (pipe === undefined && !toldOfPipes) context.diag("warn", missingPipes)
      toldOfPipes ||= pipe === undefined
      return pipe
    },
    stepEnvironment: () => (folder.hasState() ? laterEnvironment(environment) : environment),
    noteState: (kept, step) => {
      stateless = kept ? undefined : step
    },
    beforeStep: () => {
      if (stateless !== undefined) context.diag("warn", lostState(stateless))
      stateless = undefined
    },
    close: () => {
      closing ??= close()
      return closing
    },
    abandon: () => {
      processes.kill()
      folder.remove()
    }
  }
}

function firstEnvironment(
  house: House,
  params: PlaybookParams,
  marks: { readonly id: string; readonly cookie: string }
): Readonly<Record<string, string>> {
  const inherited = Object.entries(house.environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const]
  )
  return {
    ...Object.fromEntries(inherited),
    ...params.env,
    SIGNALBOX_RUN: marks.id.replaceAll("\0", ""),
    [cookieVariable]: marks.cookie
  }
}

/**
 * Once there is a state, the shell gets its variables from there and from nowhere else, so that a variable that a step
 * took away stays away. What a shell cannot hold as a variable, and what marks the process, still comes from here.
 */
function laterEnvironment(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(environment).filter(
    ([name]) => name === "SHLVL" || name.startsWith("SIGNALBOX_") || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
  )
  return Object.fromEntries(kept)
}

function lostState(step: Step): string {
  return (
    `the step of line ${step.line} handed on no shell state (it was killed, called exec, or left early with an EXIT trap ` +
    "of its own): the next step begins with the state that this one began with"
  )
}

function tellLeft(
  context: PlaybookContext,
  { ended, alive }: EndedProcesses,
  late: { readonly bytes: number; readonly end: string }
): void {
  if (alive.length > 0) context.diag("warn", `could not end what the steps had left running: ${alive.join(", ")}`)
  if (ended.length === 0 || context.signal.aborted) return
  const wrote = late.bytes === 0 ? "" : `; after their steps they wrote ${late.bytes} bytes, at last: ${late.end}`
  context.diag("info", `ended what the steps had left running: ${ended.join(", ")}${wrote}`)
}
