import { createHash } from "node:crypto"
import { type KernelError, kernelErrorCodes, type Processes, type Supervisor } from "@signalbox/kernel"
import type { Ending, StopWish } from "@signalbox/machine"
import {
  type EndedBody,
  promptText,
  type RunLimits,
  type RunParams,
  type RunRequest,
  type StartedBody
} from "@signalbox/protocol"
import { type Journal, Recorder } from "@signalbox/trace"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { HostOptions, HostRun } from "./Host.ts"
import { DuplicateRun, TraceFailed } from "./HostErrors.ts"
import { makeRunController, type RunController } from "./run-controller.ts"
import { judge, restBefore } from "./run-limits.ts"

// The life of one run inside the host: accepted with its first record, permit, events, terminal record.

export interface AcceptParts {
  readonly options: HostOptions
  readonly clock: Clock.Clock
  /** Runs a fiber that the host owns. */
  readonly keep: (effect: Effect.Effect<void, never, Processes | Journal>) => Fiber.Fiber<void>
  /** The runs that are not over. */
  readonly runs: Map<string, HostRun>
}

export interface Acceptance {
  readonly id: string
  readonly request: RunRequest
  readonly agent: string
  readonly supervisor: Supervisor
}

/** Begins the trace; from then on the run belongs to the host and ends exactly once. Uninterruptible as a whole. */
export const acceptRun = (
  parts: AcceptParts,
  acceptance: Acceptance
): Effect.Effect<HostRun, DuplicateRun | TraceFailed, Journal> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      const { options, clock, runs } = parts
      const { id, request } = acceptance
      const now = () => clock.currentTimeMillisUnsafe()
      const scope = yield* Scope.make()
      const ended = Deferred.makeUnsafe<EndedBody>()
      const limits = limitsOf(options, request)
      const line = { leave: () => undefined as void }
      const recorder = yield* Recorder.make({
        runId: id,
        window: options.config.window,
        onFault: (fault) => controller.traceFailed({ code: "journal_failed", message: fault.message })
      }).pipe(
        Scope.provide(scope),
        Effect.mapError((error) =>
          error._tag === "TraceExists"
            ? new DuplicateRun({ message: error.message })
            : new TraceFailed({ message: error.message, remedy: error.remedy })
        ),
        Effect.onError(() => Scope.close(scope, Exit.void))
      )
      const controller: RunController = makeRunController({
        now,
        append: (body) => recorder.append(body, now()).ok,
        leaveLine: () => line.leave(),
        over: (body) => {
          runs.delete(id)
          Deferred.doneUnsafe(ended, Exit.succeed(body))
        }
      })
      const first = recorder.append(startedBody(options, acceptance), now())
      if (!first.ok) {
        yield* Scope.close(scope, Exit.void)
        return yield* new TraceFailed({ message: `the trace of ${id} could not be begun`, remedy: "" })
      }
      const run: HostRun = {
        runId: id,
        follow: recorder.follow,
        batches: recorder.batches,
        cancel: (reason) => controller.stop(cancelWish(reason, leftOf(controller, limits, now()))),
        answer: controller.answer,
        ended: Deferred.await(ended)
      }
      runs.set(id, run)
      parts.keep(
        carry({ acceptance, controller, line, ended: run.ended, limits, now }).pipe(
          Effect.ensuring(Scope.close(scope, Exit.void))
        )
      )
      return run
    })
  )

function cancelWish(reason: string | undefined, leftMs: number | undefined): StopWish {
  const fault = { code: "cancelled" as const, message: reason ?? "asked for" }
  return { outcome: "cancelled", fault, ...(leftMs === undefined ? {} : { leftMs }) }
}

/** What is left of a run's time limit: so long its work may go on in a runner that cannot stop it. */
function leftOf(controller: RunController, limits: RunLimits, now: number): number | undefined {
  const { grantedAt } = controller.facts()
  if (limits.run_ms === undefined) return undefined
  return Math.max(0, (grantedAt ?? now) + limits.run_ms - now)
}

interface Carrying {
  readonly acceptance: Acceptance
  readonly controller: RunController
  readonly line: { leave: () => void }
  readonly ended: Effect.Effect<EndedBody>
  readonly limits: RunLimits
  readonly now: () => number
}

/** Waits for the permit, then for the end; meanwhile the limits are watched. */
const carry = (carrying: Carrying): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { acceptance, controller, line, ended, limits } = carrying
    const waiting = yield* Effect.forkChild(
      acceptance.supervisor.open({
        id: acceptance.id,
        params: paramsOf(acceptance.request),
        sink: controller,
        granted: controller.granted,
        ...(limits.wait_ms === undefined ? {} : { waitMs: limits.wait_ms })
      }),
      { startImmediately: true }
    )
    line.leave = () => waiting.interruptUnsafe()
    yield* Effect.yieldNow
    if (controller.facts().state === "accepted")
      controller.waiting(acceptance.supervisor.crowded() ? "queued" : "starting")
    const granted = yield* Fiber.await(waiting)
    if (Exit.isFailure(granted)) controller.refused(endingOf(granted))
    yield* Effect.raceFirst(Effect.asVoid(ended), watch(carrying))
    yield* ended
  }).pipe(
    // Only a host that is being closed interrupts this: the supervisors are closed first, so the end is here already
    // or the wait for a permit was cut short.
    Effect.onInterrupt(() =>
      Effect.sync(() =>
        carrying.controller.refused({
          outcome: "cancelled",
          error: { code: "cancelled", message: "the host is shutting down" }
        })
      )
    )
  )

/** Looks at the run when a limit may have passed, and at no other time. */
const watch = (carrying: Carrying): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { controller, limits, now } = carrying
    for (;;) {
      const facts = controller.facts()
      const verdict = judge(facts, limits, now())
      if (verdict.type === "stop") return controller.stop(verdict.wish)
      const rest = restBefore(verdict, facts, now())
      if (rest === undefined) return yield* Effect.never
      yield* Effect.sleep(rest)
    }
  })

function endingOf(exit: Exit.Exit<unknown, KernelError>): Ending {
  const error = Exit.isFailure(exit) ? exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error : undefined
  if (error === undefined) return { outcome: "cancelled", error: { code: "cancelled", message: "the wait was ended" } }
  const code = kernelErrorCodes[error._tag]
  return { outcome: error._tag === "WaitTimedOut" ? "timed_out" : "failed", error: { code, message: error.message } }
}

function startedBody({ principal = "local" }: HostOptions, { request, agent }: Acceptance): StartedBody {
  const text = promptText(request.prompt)
  const { cwd, model, intent } = request
  return {
    type: "started",
    agent,
    principal,
    attempt: 1,
    prompt: { sha256: createHash("sha256").update(text, "utf8").digest("hex"), bytes: Buffer.byteLength(text) },
    ...(cwd === undefined ? {} : { cwd }),
    ...(model === undefined ? {} : { model }),
    ...(intent === undefined ? {} : { intent })
  }
}

/** What travels to the runner: the request's own fields, and `params` as given over them. */
function paramsOf(request: RunRequest): RunParams {
  const { prompt, cwd, model, effort, resume, params } = request
  return {
    prompt,
    ...(cwd === undefined ? {} : { cwd }),
    ...(model === undefined ? {} : { model }),
    ...(effort === undefined ? {} : { effort }),
    ...(resume === undefined ? {} : { resume }),
    ...params
  }
}

function limitsOf({ config }: HostOptions, request: RunRequest): RunLimits {
  return { ...config.run, ...request.limits }
}
