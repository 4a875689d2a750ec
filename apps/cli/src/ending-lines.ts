import type { RunView } from "@signalbox/machine"
import { type ErrorCode, errorCodes, type Outcome } from "@signalbox/protocol"
import { showDuration } from "./duration.ts"
import type { ShownLine } from "./narrator.ts"
import { harmless, harmlessLine } from "./terminal.ts"

// The last lines of a run: how it ended, why, and where its trace is.

export interface EndingFacts {
  readonly marks: boolean
  readonly trace: string
  /** Commands and other deeds of the agent. */
  readonly steps: number
  /** What the reader has been told of already. */
  readonly told: string
}

const words: Readonly<Record<Outcome, string>> = {
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
  timed_out: "timed out",
  lost: "lost: its runner died"
}

/** Lines of stderr that are shown of a program that died. */
const evidenceLines = 12

/** These messages say all there is to say. */
const withoutRemedy: ReadonlyArray<ErrorCode> = ["agent_failed", "exit_nonzero", "cancelled"]

export function endingLines(view: RunView, facts: EndingFacts): ReadonlyArray<ShownLine> {
  const outcome = view.outcome ?? "lost"
  const good = outcome === "completed"
  const mark = facts.marks ? (good ? "✓ " : "✗ ") : ""
  const parts = [
    `${words[outcome]} after ${showDuration(view.stats?.duration_ms ?? 0)}`,
    ...(facts.steps === 0 ? [] : [`${facts.steps} ${facts.steps === 1 ? "step" : "steps"}`]),
    ...usageParts(view)
  ]
  return [
    ...errorLines(view, facts),
    { tone: good ? "good" : "bad", text: `${mark}${parts.join(", ")}` },
    { tone: "faint", text: `trace: ${harmless(facts.trace)}` }
  ]
}

function errorLines(view: RunView, { told }: EndingFacts): ReadonlyArray<ShownLine> {
  const { error } = view
  if (error === undefined) return []
  const lines: Array<ShownLine> = []
  const shownByStep =
    error.code === "exit_nonzero" && [...view.items.values()].some(({ exitCode }) => exitCode !== undefined)
  if (error.message !== told && error.code !== "cancelled" && !shownByStep) {
    lines.push(...error.message.split("\n").map((line) => ({ tone: "bad" as const, text: `! ${harmlessLine(line)}` })))
  }
  lines.push(...evidence(view))
  if (!withoutRemedy.includes(error.code)) lines.push({ tone: "warning", text: errorCodes[error.code].remedy })
  return lines
}

/** The end of a dead program's stderr; a command's stderr was shown as it came. */
function evidence({ exit, agent, outcome }: RunView): ReadonlyArray<ShownLine> {
  if (exit === undefined || outcome === "completed" || outcome === "cancelled") return []
  const lines: Array<ShownLine> = []
  const tail = agent === "command" ? "" : exit.stderr_tail.trimEnd()
  const said = tail === "" ? [] : tail.split("\n").slice(-evidenceLines)
  if (said.length > 0) lines.push({ tone: "faint", text: "the last lines of its stderr:" })
  for (const line of said) lines.push({ tone: "output", text: `    ${harmlessLine(line)}` })
  if (exit.swept > 0) lines.push({ tone: "warning", text: `${exit.swept} processes that it left behind were ended` })
  return lines
}

function usageParts({ usage }: RunView): ReadonlyArray<string> {
  const count = (value: unknown) => (typeof value === "number" ? value.toLocaleString("en-US") : undefined)
  const sent = count(usage?.input_tokens)
  const cached = count(usage?.cached_input_tokens)
  const got = count(usage?.output_tokens)
  if (sent === undefined && got === undefined) return []
  const inside = cached === undefined || cached === "0" ? "" : ` (${cached} cached)`
  return [`${sent ?? "?"} tokens in${inside}, ${got ?? "?"} out`]
}
