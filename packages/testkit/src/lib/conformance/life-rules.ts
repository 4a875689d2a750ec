import { comesToItsEnd } from "./line-rules.ts"
import { endsOf, framesOf, helloOf, quoted, type Recording } from "./recording.ts"
import { broken, type Objection, type Rule, unclear } from "./rule.ts"

// Rules about cancelling, asking, the end of input and stderr.

export const lifeRules: ReadonlyArray<Rule> = [
  {
    id: "STDIO-31",
    expected: "a cancelled run ends once, as `cancelled`, or as `ok` when it was faster",
    look: ["cancel"],
    needs: "cancel",
    judge: (recording) => comesToItsEnd(recording) ?? endsAsCancelled(recording, "cancelled")
  },
  {
    id: "STDIO-32",
    expected: "a second cancel of the same run changes nothing",
    look: ["cancel twice"],
    needs: "cancel",
    judge: (recording) => comesToItsEnd(recording) ?? endsAsCancelled(recording, "cancelled-twice")
  },
  {
    id: "STDIO-33",
    expected: "a cancel after the run's end is ignored",
    look: ["cancel after the end"],
    needs: "cancel",
    judge: (recording) => comesToItsEnd(recording) ?? endsAsCancelled(recording, "ended-first", "any")
  },
  {
    id: "STDIO-34",
    expected: "a cancel for an unknown run is ignored",
    look: ["cancel of an unknown run"],
    needs: "cancel",
    judge: (recording) => comesToItsEnd(recording) ?? saysNothing(recording, "never-given")
  },
  {
    id: "STDIO-35",
    expected: "only a runner that announced `answer` asks",
    look: "every",
    judge: (recording) => {
      const ask = recording.stdout.find((line) => line.frame?.type === "ask")
      const announced = helloOf(recording)?.capabilities?.answer === true
      return ask === undefined || announced ? undefined : broken(`an unannounced question: ${quoted(ask)}`)
    }
  },
  {
    id: "STDIO-36",
    expected: "an answer that nobody asked for is ignored",
    look: ["answer nobody asked for"],
    needs: "answer",
    judge: (recording) => {
      const odd = endsOf(recording, "answered").find(
        ({ frame }) => frame?.type === "end" && frame.status === "error" && frame.error.startsWith("unknown-")
      )
      if (odd !== undefined) return broken(quoted(odd))
      return comesToItsEnd(recording) ?? saysNothing(recording, "answered-unasked")
    }
  },
  {
    id: "STDIO-38",
    expected: "at the end of input every run in progress is finished and ended",
    look: ["end of input"],
    judge: (recording) => {
      const lost = ["drained-1", "drained-2"].filter((id) => endsOf(recording, id).length === 0)
      return lost.length === 0 ? undefined : broken(`no end for ${lost.join(" and ")}; ${exitText(recording)}`)
    }
  },
  {
    id: "STDIO-39",
    expected: "after the end of input, and after the last run's end, the runner exits with code 0",
    look: ["ordinary", "nothing said", "end of input"],
    judge: (recording) => (recording.exit?.code === 0 ? undefined : broken(exitText(recording)))
  },
  {
    id: "STDIO-42",
    expected: "`fatal` is said only on the way to an exit with a code other than 0",
    look: "every",
    judge: (recording) => {
      const fatal = recording.stderr.find((line) => line.frame?.type === "fatal")
      const { exit } = recording
      if (fatal === undefined || (exit !== undefined && exit.code !== 0)) return undefined
      return broken(`${quoted(fatal)}, but ${exitText(recording)}`)
    }
  },
  {
    id: "STDIO-43",
    expected: "a `diag` has a text `level`, a text `message` and no id but a run's; a `fatal` has a text `message`",
    look: "every",
    judge: ({ stderr }) => {
      const bad = stderr.find(
        (line) => line.fault?.kind === "wrong_shape" && /"type":\s*"(diag|fatal)"/.test(line.text)
      )
      return bad === undefined ? undefined : broken(`${bad.fault?.message}: ${quoted(bad)}`)
    }
  }
]

function endsAsCancelled(recording: Recording, id: string, status: "cancelled-or-ok" | "any" = "cancelled-or-ok") {
  const ends = endsOf(recording, id)
  if (ends.length > 1) return broken(`${ends.length} ends for one run`)
  if (status !== "any" && recording.notes["over_before"] !== undefined) {
    return unclear("the long run was over too soon: give a longer prompt")
  }
  const [end] = ends
  if (status === "any" || end?.frame?.type !== "end" || end.frame.status !== "error") return undefined
  return broken(quoted(end))
}

function saysNothing(recording: Recording, id: string): Objection | undefined {
  const [first] = framesOf(recording, id)
  return first === undefined ? undefined : broken(`an answer to what has to be ignored: ${quoted(first)}`)
}

function exitText({ exit }: Recording): string {
  if (exit === undefined) return "it did not exit in time"
  return exit.signal === null ? `it exited with code ${exit.code}` : `it was ended by ${exit.signal}`
}
