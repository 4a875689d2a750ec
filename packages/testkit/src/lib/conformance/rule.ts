import type { Recording } from "./recording.ts"
import type { ScenarioName } from "./scenarios.ts"

/** One sentence of PROTOCOL.md that binds runners, and how to see from outside that it is kept. */
export interface Rule {
  readonly id: `STDIO-${number}`
  /** What a runner that keeps the rule does. */
  readonly expected: string
  /** Where to look; `every` means each recording that was made. */
  readonly look: ReadonlyArray<ScenarioName> | "every"
  /** What has to be played so that `every` recording can show a breach at all. */
  readonly provoke?: ReadonlyArray<ScenarioName>
  /** The ability that the runner has to announce for the rule to apply. */
  readonly needs?: "cancel" | "answer"
  /** Answers what was seen against the rule in one recording; undefined when nothing was. */
  readonly judge: (recording: Recording) => Objection | undefined
}

/** `unclear`: the recording could not show whether the rule is kept. */
export interface Objection {
  readonly kind: "broken" | "unclear"
  readonly seen: string
}

export const broken = (seen: string): Objection => ({ kind: "broken", seen })
export const unclear = (seen: string): Objection => ({ kind: "unclear", seen })
