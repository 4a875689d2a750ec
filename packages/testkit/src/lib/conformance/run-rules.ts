import { comesToItsEnd, onlyAbout } from "./line-rules.ts"
import { endsOf, framesOf, quoted, type Recording } from "./recording.ts"
import { broken, type Objection, type Rule, unclear } from "./rule.ts"
import { badParams } from "./scenarios.ts"

// Rules about runs: their ids, their one end, and what has to be refused.

/** How long a long run may go on after a refusal was due, before its lateness proves that nobody read. */
const deafMs = 250

export const runRules: ReadonlyArray<Rule> = [
  {
    id: "STDIO-18",
    expected: "every line about a run repeats the run's id unchanged",
    look: ["odd id"],
    judge: comesToItsEnd
  },
  {
    id: "STDIO-19",
    expected: "each accepted run ends exactly once",
    look: "every",
    judge: (recording) => {
      const twice = [...recording.given].find((id) => id !== "twice-given" && endsOf(recording, id).length > 1)
      if (twice !== undefined) return broken(`${endsOf(recording, twice).length} ends for ${JSON.stringify(twice)}`)
      return recording.scenario === "ordinary" || recording.scenario === "two runs"
        ? comesToItsEnd(recording)
        : undefined
    }
  },
  {
    id: "STDIO-20",
    expected: "nothing about a run follows its end",
    look: "every",
    judge: (recording) => {
      for (const id of recording.given) {
        const frames = framesOf(recording, id)
        const end = frames.findIndex((line) => line.frame?.type === "end")
        const after = end < 0 ? undefined : frames.slice(end + 1).find((line) => line.frame?.type !== "end")
        // A duplicate's own frames may follow when the first run was over before it.
        if (after !== undefined && id !== "twice-given") return broken(`after the end: ${quoted(after)}`)
      }
      return undefined
    }
  },
  {
    id: "STDIO-21",
    expected: "every frame carries an id that the host has given",
    look: "every",
    judge: ({ stdout, given }) => {
      const stray = stdout.find(({ frame }) => frame !== undefined && "id" in frame && !given.has(String(frame.id)))
      return stray === undefined ? undefined : broken(quoted(stray))
    }
  },
  {
    id: "STDIO-22",
    expected: "the `error` of an end is one line of text and not empty",
    look: "every",
    provoke: ["bad params"],
    judge: ({ stdout }) => {
      const bad = stdout.find(
        ({ frame }) =>
          frame?.type === "end" && frame.status === "error" && (/[\r\n]/.test(frame.error) || !frame.error.trim())
      )
      return bad === undefined ? undefined : broken(quoted(bad))
    }
  },
  {
    id: "STDIO-23",
    expected: "a `run` whose id is not a text of at least one character is ignored",
    look: ["run without an id"],
    judge: (recording) => comesToItsEnd(recording) ?? onlyAbout(recording, "after-nameless")
  },
  {
    id: "STDIO-24",
    expected: "params that the runner cannot use are answered by one end with an error that begins `invalid-params: `",
    look: ["bad params"],
    judge: (recording) => comesToItsEnd(recording) ?? refusals(recording, Object.keys(badParams), "invalid-params: ")
  },
  {
    id: "STDIO-25",
    expected:
      "an unknown type with an id that is not in progress is answered by one end whose error begins `unknown-type: `",
    look: ["unknown type"],
    judge: (recording) => comesToItsEnd(recording) ?? refusals(recording, ["of-unknown-type"], "unknown-type: ")
  },
  {
    id: "STDIO-26",
    expected: "an unknown type without an id is ignored",
    look: ["unknown type without an id"],
    judge: (recording) => comesToItsEnd(recording) ?? onlyAbout(recording, "after-unknown")
  },
  {
    id: "STDIO-27",
    expected: "a frame with the id of a run in progress does not end that run, and starts nothing",
    look: ["duplicate"],
    judge: judgeDuplicate
  },
  {
    id: "STDIO-28",
    expected: "stdin is read while runs are in progress",
    look: ["busy"],
    judge: judgeBusy
  },
  {
    id: "STDIO-29",
    expected: "a line of a megabyte is taken",
    look: ["a line of 1 MB"],
    judge: comesToItsEnd
  }
]

function refusals(recording: Recording, ids: ReadonlyArray<string>, start: string): Objection | undefined {
  for (const id of ids) {
    const wrong = endsOf(recording, id).find(
      ({ frame }) => frame?.type !== "end" || frame.status !== "error" || !frame.error.startsWith(start)
    )
    if (wrong !== undefined) return broken(quoted(wrong))
  }
  return undefined
}

function judgeDuplicate(recording: Recording): Objection | undefined {
  if (recording.notes["over_before"] !== undefined)
    return unclear("the long run was over too soon: give a longer prompt")
  const ends = endsOf(recording, "twice-given")
  const refusal = ends.find(
    ({ frame }) => frame?.type === "end" && frame.status === "error" && /^(duplicate-id|unknown-type)/.test(frame.error)
  )
  if (refusal !== undefined) return broken(`an end that would end the first run: ${quoted(refusal)}`)
  if (ends.length > 1) return broken(`${ends.length} ends for one id; if the first run was over, give a longer prompt`)
  return comesToItsEnd(recording)
}

function judgeBusy(recording: Recording): Objection | undefined {
  const { asked, over_before: overBefore } = recording.notes
  if (overBefore !== undefined) return unclear("the long run was over too soon: give a longer prompt")
  const refusedAt = endsOf(recording, "asked-while-busy")[0]?.atMs
  const busyUntil = endsOf(recording, "busy")[0]?.atMs
  if (asked === undefined || refusedAt === undefined || busyUntil === undefined) return comesToItsEnd(recording)
  if (refusedAt <= busyUntil) return undefined
  const lateMs = Math.round(refusedAt - asked)
  if (busyUntil - asked < deafMs) return unclear("the long run was over too soon: give a longer prompt")
  return broken(`a run given during another was answered only after the other's end, ${lateMs} ms later`)
}
