// The info string of a fence: the language, then what the step is told. For example: "sh continue timeout=30s".

/** What a fence says about its step. */
export interface FenceOptions {
  /** The step may fail without failing the run. */
  readonly mayFail: boolean
  readonly timeoutMs?: number
}

export type ReadInfo =
  | { readonly type: "prose" }
  | { readonly type: "step"; readonly options: FenceOptions; readonly unknown: ReadonlyArray<string> }
  | { readonly type: "wrong"; readonly message: string }

const shellLanguages = new Set(["sh", "bash", "shell"])
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** The longest time that a timer can hold. */
export const longestTimeoutMs = 2_147_483_647

/** Reads an info string. A language that is no shell makes the block prose; words that mean nothing here are returned. */
export function readInfo(info: string): ReadInfo {
  const [language = "", ...words] = info.trim().split(/\s+/)
  if (!shellLanguages.has(language.toLowerCase())) return { type: "prose" }
  const unknown: Array<string> = []
  let mayFail = false
  let timeoutMs: number | undefined
  for (const word of words) {
    if (word === "continue") mayFail = true
    else if (word.startsWith("timeout=")) {
      timeoutMs = readDuration(word.slice("timeout=".length))
      if (timeoutMs === undefined) return { type: "wrong", message: wrongDuration(word) }
    } else unknown.push(word)
  }
  return { type: "step", options: timeoutMs === undefined ? { mayFail } : { mayFail, timeoutMs }, unknown }
}

function readDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  const [, amount, unit] = match ?? []
  if (amount === undefined || unit === undefined) return undefined
  const ms = Math.round(Number(amount) * (unitMs[unit] ?? 0))
  return ms >= 1 && ms <= longestTimeoutMs ? ms : undefined
}

function wrongDuration(word: string): string {
  return `${JSON.stringify(word)} is no time limit: write a number and a unit (ms, s, m or h), for example timeout=30s, of at most 24 days`
}
