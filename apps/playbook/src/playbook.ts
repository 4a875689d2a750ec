// The agent: one prompt to prose, steps and one verdict.

import { statSync } from "node:fs"
import type { RunEvent } from "@signalbox/protocol"
import { carryOutStep } from "./carry-out-step.ts"
import { decodeParams } from "./decode-params.ts"
import { type House, type OpenRun, openRun, type PlaybookContext } from "./open-run.ts"
import { type ParsedPlaybook, parsePlaybook } from "./parse-playbook.ts"
import { describeFailure, hasSucceeded } from "./step-end.ts"
import { messageCompleted, turnCompleted, turnFailed, turnStarted } from "./step-events.ts"

/** Owned by the program; ends with `stop`. */
export interface Playbook {
  readonly handler: (params: unknown, context: PlaybookContext) => AsyncGenerator<RunEvent, void>
  /** Says what is wrong with params, or nothing. */
  readonly check: (params: unknown) => string | undefined
  /** Ends the processes of all runs and removes their files. Resolves when all are gone. */
  readonly stop: () => Promise<void>
  /** The same at once, without a grace. */
  readonly abandon: () => void
}

export const explanation = [
  "I am the playbook agent of Signalbox: I have no model, and carry out the shell blocks of a Markdown prompt one after",
  "another. This prompt has no such block, so there was nothing to do; put commands between a line ```sh and a line ```,",
  "for example:\n\n```sh\necho hello\n```"
].join(" ")

export function makePlaybook(house: House): Playbook {
  const open = new Set<OpenRun>()
  return {
    handler: (params, context) => carryOut({ house, open }, params, context),
    check: (params) => {
      const decoded = decodeParams(params)
      return decoded.ok ? undefined : decoded.message
    },
    stop: async () => {
      await Promise.all([...open].map((run) => run.close()))
    },
    abandon: () => {
      for (const run of open) run.abandon()
      house.pipes.close()
    }
  }
}

interface Program {
  readonly house: House
  readonly open: Set<OpenRun>
}

/** Failures in the one sentence that ends a run; every step says its own in its item. */
const mostTold = 10

type Parts = Extract<ParsedPlaybook, { readonly ok: true }>["parts"]

async function* carryOut(program: Program, given: unknown, context: PlaybookContext): AsyncGenerator<RunEvent, void> {
  const decoded = decodeParams(given)
  if (!decoded.ok) throw new TypeError(decoded.message)
  const params = decoded.value
  yield turnStarted()
  const parsed = parsePlaybook(params.prompt)
  if (!parsed.ok) return yield* turnFailed(`line ${parsed.fault.line}: ${parsed.fault.message}`)
  for (const remark of parsed.remarks) context.diag("warn", `line ${remark.line}: ${remark.message}`)
  if (!parsed.parts.some((part) => part.type === "step")) {
    yield messageCompleted("item_0", explanation)
    return yield turnCompleted()
  }
  if (params.cwd !== undefined && !isFolder(params.cwd)) {
    return yield* turnFailed(`cwd: ${params.cwd} is not a folder that can be entered`)
  }
  const run = openRun(program.house, params, context)
  program.open.add(run)
  let failure: string | undefined
  try {
    failure = yield* carryOutParts(run, parsed.parts, params.continueOnFailure)
  } finally {
    await run.close()
    program.open.delete(run)
  }
  if (failure === undefined) yield turnCompleted()
  else yield* turnFailed(failure)
}

/** Returns why the run failed, if it did. */
async function* carryOutParts(
  run: OpenRun,
  parts: Parts,
  continueOnFailure: boolean
): AsyncGenerator<RunEvent, string | undefined> {
  const total = parts.filter((part) => part.type === "step").length
  const failures: Array<string> = []
  let number = 0
  for (const part of parts) {
    if (part.type === "prose") {
      yield messageCompleted(run.nextItemId(), part.text)
      continue
    }
    number++
    run.beforeStep()
    const numbered = { step: part, number }
    const end = yield* carryOutStep(run, numbered)
    if (run.isCancelled()) return "the run was stopped"
    if (hasSucceeded(end) || part.options.mayFail) continue
    failures.push(describeFailure(numbered, end, part.options.timeoutMs ?? run.stepTimeoutMs))
    if (!continueOnFailure) break
  }
  return failures.length === 0 ? undefined : verdict(failures, total - number)
}

function verdict(failures: ReadonlyArray<string>, notRun: number): string {
  const rest =
    notRun === 0 ? "" : notRun === 1 ? "; the step after it was not run" : `; the ${notRun} steps after it were not run`
  const told =
    failures.length <= mostTold ? failures : [...failures.slice(0, mostTold), `${failures.length - mostTold} more`]
  return `${told.join("; ")}${rest}`
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
