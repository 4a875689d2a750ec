import { PROTOCOL_NAME } from "@signalbox/protocol"
import type { Connect } from "./connection.ts"
import { converse, type DialogueLimits } from "./dialogue.ts"
import { lifeRules } from "./life-rules.ts"
import { lineRules } from "./line-rules.ts"
import { helloOf, type Recording } from "./recording.ts"
import type { Objection, Rule } from "./rule.ts"
import { runRules } from "./run-rules.ts"
import { type ScenarioName, scenarios, type Situation } from "./scenarios.ts"

// The suite: talks to fresh processes of a runner, one scenario each, and lets every rule judge what was heard.

export interface ConformanceOptions {
  readonly connect: Connect
  /** What a short run is asked; about forty such runs are started. */
  readonly prompt?: string
  /** What a run is asked that should last a second or more; about eight such runs are started. */
  readonly longPrompt?: string
  /** Added to the `params` of every run: a model, a folder. */
  readonly params?: Readonly<Record<string, unknown>>
  /** The longest waits; by default 10 s for an answer and for an exit, 2 minutes for a run. */
  readonly limits?: Partial<DialogueLimits>
  /** Only these rules, by id. */
  readonly only?: ReadonlyArray<string>
  /** Told each scenario before it starts. */
  readonly onScenario?: (name: string) => void
}

export interface RuleResult {
  readonly id: string
  readonly status: "passed" | "failed" | "skipped"
  readonly expected: string
  /** What was seen instead, or why the rule was skipped. */
  readonly seen?: string
  /** The scenario in which it was seen. */
  readonly scenario?: string
}

export interface ConformanceReport {
  readonly protocol: string
  /** Whether no rule failed. Skipped rules do not count. */
  readonly ok: boolean
  readonly runner: {
    readonly agent?: string
    readonly version?: string
    readonly cancel: string
    readonly answer: boolean
  }
  readonly results: ReadonlyArray<RuleResult>
}

export const rules: ReadonlyArray<Rule> = [...lineRules, ...runRules, ...lifeRules]

const defaultLimits: DialogueLimits = { answerMs: 10_000, runMs: 120_000, exitMs: 10_000 }
const defaultPrompt = "Answer with the single word: hello"
const defaultLongPrompt = "Count slowly from 1 to 30 in words, one number a line."
/** A runner that once did not exit at the end of input is not waited for that long again. */
const exitMsOfTheStubborn = 300

/** Runs the suite. Rejects only for a wrong option: a runner that cannot even be started has broken rules instead. */
export async function conformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const chosen = chooseRules(options.only)
  const recordings = await record(options, chosen)
  const hello = recordings[0] && helloOf(recordings[0])
  const runner = {
    ...(hello?.agent !== undefined && { agent: hello.agent }),
    ...(hello?.version !== undefined && { version: hello.version }),
    cancel: hello?.capabilities?.cancel ?? "none",
    answer: hello?.capabilities?.answer === true
  }
  const results = chosen.map((rule) => judge(rule, recordings, runner))
  // Without one ordinary run nothing was judged: that is no pass, whichever rules were asked for.
  const ok = recordings[0]?.missing === undefined && results.every(({ status }) => status !== "failed")
  return { protocol: PROTOCOL_NAME, ok, runner, results }
}

function chooseRules(only: ReadonlyArray<string> | undefined): ReadonlyArray<Rule> {
  if (only === undefined) return rules
  const unknown = only.find((id) => !rules.some((rule) => rule.id === id))
  if (unknown !== undefined)
    throw new Error(`${unknown} is no rule of the suite; there are ${rules.map(idOf).join(" ")}`)
  return rules.filter((rule) => only.includes(rule.id))
}

/** The ordinary scenario comes first: it tells what the runner announces. */
async function record(options: ConformanceOptions, chosen: ReadonlyArray<Rule>): Promise<ReadonlyArray<Recording>> {
  let situation: Situation = {
    prompt: options.prompt ?? defaultPrompt,
    longPrompt: options.longPrompt ?? defaultLongPrompt,
    params: options.params ?? {}
  }
  const limits = { ...defaultLimits, ...options.limits }
  const recordings: Array<Recording> = []
  const play = async (name: ScenarioName) => {
    options.onScenario?.(name)
    recordings.push(
      await converse(options.connect, lessPatient(limits, recordings), {
        scenario: name,
        talk: (dialogue) => scenarios[name](dialogue, situation)
      })
    )
  }
  await play("ordinary")
  situation = { ...situation, greetsBack: recordings[0] !== undefined && helloOf(recordings[0]) !== undefined }
  // Without one ordinary run everything else would fail for the same reason.
  if (recordings[0]?.missing !== undefined) return recordings
  const needed = scenariosFor(chosen, abilities(recordings[0]))
  for (const name of needed) if (name !== "ordinary") await play(name)
  return recordings
}

/** What was awaited in vain once is not awaited that long again: a broken runner must not take hours to judge. */
function lessPatient(limits: DialogueLimits, recordings: ReadonlyArray<Recording>): DialogueLimits {
  const { answerMs } = limits
  const exitMs = recordings.some(({ exit }) => exit === undefined) ? exitMsOfTheStubborn : limits.exitMs
  const runMs = recordings.some(({ missing }) => missing !== undefined) ? answerMs : limits.runMs
  return { answerMs, exitMs: Math.min(exitMs, limits.exitMs), runMs: Math.min(runMs, limits.runMs) }
}

function abilities(ordinary: Recording | undefined): ReadonlySet<string> {
  const announced = ordinary && helloOf(ordinary)?.capabilities
  return new Set([
    ...(announced?.cancel === "cooperative" ? ["cancel"] : []),
    ...(announced?.answer === true ? ["answer"] : [])
  ])
}

function scenariosFor(chosen: ReadonlyArray<Rule>, able: ReadonlySet<string>): ReadonlyArray<ScenarioName> {
  const wanted = new Set<string>()
  for (const { look, provoke, needs } of chosen) {
    if (needs !== undefined && !able.has(needs)) continue
    for (const name of look === "every" ? (provoke ?? []) : look) wanted.add(name)
  }
  return (Object.keys(scenarios) as Array<ScenarioName>).filter((name) => wanted.has(name))
}

function judge(rule: Rule, recordings: ReadonlyArray<Recording>, runner: ConformanceReport["runner"]): RuleResult {
  const { id, expected, look, needs } = rule
  const able = needs === undefined || (needs === "cancel" ? runner.cancel === "cooperative" : runner.answer)
  if (!able) return { id, expected, status: "skipped", seen: `the runner does not announce \`${needs}\`` }
  const heard = recordings.filter(
    ({ scenario }) => look === "every" || (look as ReadonlyArray<string>).includes(scenario)
  )
  if (heard.length === 0) {
    return { id, expected, status: "skipped", seen: "an ordinary run did not come to its end: mend that first" }
  }
  let unclear: { readonly seen: string; readonly scenario: string } | undefined
  for (const recording of heard) {
    const objection: Objection | undefined = rule.judge(recording)
    if (objection === undefined) continue
    const { scenario } = recording
    if (objection.kind === "broken") return { id, expected, status: "failed", seen: objection.seen, scenario }
    unclear ??= { seen: objection.seen, scenario }
  }
  return unclear === undefined ? { id, expected, status: "passed" } : { id, expected, status: "skipped", ...unclear }
}

function idOf(rule: Rule): string {
  return rule.id
}
