// One step from its start to its end, as events.

import { existsSync } from "node:fs"
import type { RunEvent } from "@signalbox/protocol"
import { makeBoundedOutput } from "./bounded-output.ts"
import type { OpenRun } from "./open-run.ts"
import type { NumberedStep, StepEnd } from "./step-end.ts"
import { outputGrew, stepCompleted, stepStarted } from "./step-events.ts"
import { type ShellExit, type StepProcess, startStep } from "./step-process.ts"

const mostOutputBytes = 1024 * 1024

/**
 * Says the step's events and returns how it ended. Output is read no faster than events are taken: a reader that waits
 * makes the step wait. When the run is cancelled the step still says what it wrote and that it is over.
 */
export async function* carryOutStep(run: OpenRun, numbered: NumberedStep): AsyncGenerator<RunEvent, StepEnd> {
  const item = { id: run.nextItemId(), step: numbered.step }
  const output = makeBoundedOutput(mostOutputBytes)
  const deltas = async function* (started: StartedStep | undefined): AsyncGenerator<RunEvent> {
    for await (const text of started?.texts() ?? []) {
      output.append(text)
      yield outputGrew(item, text)
    }
  }
  let started: StartedStep | undefined
  let end: StepEnd | undefined
  try {
    yield stepStarted(item)
    started = await start(run, numbered)
    yield* deltas(started)
  } finally {
    // A second time: the first may have been left in the middle by a cancel, and then the run's processes are ending.
    yield* deltas(started)
    end = (await started?.finish()) ?? { reason: "cancelled", exitCode: null, signal: null, durationMs: 0 }
    yield stepCompleted(item, output.result(), end)
  }
  return end
}

interface StartedStep {
  /** What the step writes, as whole characters; calling it again goes on where the last one stopped. */
  readonly texts: () => AsyncGenerator<string>
  /** After the last text: waits for what must be over before the next step, and says how it ended. */
  readonly finish: () => Promise<StepEnd>
}

/** Undefined when the run was cancelled before anything was started. */
async function start(run: OpenRun, { step }: NumberedStep): Promise<StartedStep | undefined> {
  const pipe = await run.openPipe()
  if (run.isCancelled()) {
    pipe?.closeChildEnd()
    pipe?.stream.destroy()
    return undefined
  }
  const paths = run.folder.prepare(step)
  const { shell, cwd } = run
  const startedAt = performance.now()
  // The folder may have been removed by an earlier step; from the second step on the state says where to go.
  const folder = run.folder.hasState() && !existsSync(cwd) ? "/" : cwd
  const child = startStep({ file: shell.file, args: shell.args(paths), cwd: folder, env: run.stepEnvironment(), pipe })
  if (child.group !== undefined) run.processes.add(child.group)
  const limit = startLimit(run, child, step.options.timeoutMs ?? run.stepTimeoutMs)
  const finish = async (): Promise<StepEnd> => {
    const exit = await child.exit
    await limit.ending()
    run.processes.prune()
    const left = child.takeOutput()
    if (left !== undefined) run.leftOutputs.keep(left)
    run.noteState(run.folder.keepState(paths), step)
    const reason = run.isCancelled() ? "cancelled" : limit.isOver() ? "timed_out" : "exited"
    return { reason, ...exitFields(exit, folder), durationMs: Math.round(performance.now() - startedAt) }
  }
  return { texts: textsOf(child), finish }
}

/** Characters may be cut by pieces, and need not be UTF-8 at all: what is none becomes U+FFFD. */
function textsOf(child: StepProcess): () => AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  return async function* () {
    for (let chunk = await child.read(); chunk !== undefined; chunk = await child.read()) {
      const text = decoder.decode(chunk, { stream: true })
      if (text !== "") yield text
    }
    const rest = decoder.decode()
    if (rest !== "") yield rest
  }
}

function startLimit(run: OpenRun, child: StepProcess, timeoutMs: number) {
  let ending: Promise<void> | undefined
  const { group } = child
  const timer = setTimeout(() => {
    if (group !== undefined) ending = run.processes.endGroup(group)
  }, timeoutMs)
  // At once, and not when the last output was read: a host may take its time for that.
  void child.exit.then(() => clearTimeout(timer))
  return { ending: () => ending, isOver: () => ending !== undefined }
}

/** Of a folder that is gone the system only says that the shell does not exist. */
function exitFields({ exitCode, signal, error }: ShellExit, folder: string) {
  if (error === undefined) return { exitCode, signal }
  return { exitCode, signal, error: existsSync(folder) ? error : `the folder ${folder} is gone` }
}
