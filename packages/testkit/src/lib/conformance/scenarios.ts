import type { Dialogue } from "./dialogue.ts"
import { endsOf, framesOf } from "./recording.ts"

// What the suite says to a runner. Each scenario has a process of its own, and leaves no run in progress behind unless
// the runner does. A scenario only talks; the rules judge what was heard.

export interface Situation {
  readonly prompt: string
  readonly longPrompt: string
  /** Added to the params of every run. */
  readonly params: Readonly<Record<string, unknown>>
  /** Whether the runner says hello; unknown in the first scenario. */
  readonly greetsBack?: boolean
}

export const hostHello = { type: "hello", protocol: 1, host: "signalbox-conformance/1" }
export const oddId = 'Run 1/ä "quoted" \\ 😀'
export const twentyIds = Array.from({ length: 20 }, (_, index) => `of-twenty-${index + 1}`)
export const badParams = { "params-missing": undefined, "params-text": "text", "prompt-number": { prompt: 5 } }

const run = (situation: Situation, id: string, more: object = {}) => ({
  type: "run",
  id,
  params: { ...situation.params, prompt: situation.prompt, ...more }
})
const longRun = (situation: Situation, id: string) => run(situation, id, { prompt: situation.longPrompt })
const cancel = (id: string) => ({ type: "cancel", id, reason: "conformance" })

/** Says hello and gives the runner time to answer, so that what follows is a write of its own. */
async function greet(dialogue: Dialogue, { greetsBack = true }: Situation): Promise<void> {
  await dialogue.send(hostHello)
  await dialogue.perhaps(() => dialogue.heard.stdout.length > 0, greetsBack ? 500 : 20)
}

/** Waits until a run is surely under way: its first frame, or one second. */
async function underWay(dialogue: Dialogue, id: string): Promise<void> {
  await dialogue.perhaps(() => framesOf(dialogue.heard, id).length > 0, 1_000)
  // A run that is over with its first frame says its end in the same breath.
  if (await dialogue.perhaps(() => endsOf(dialogue.heard, id).length > 0, 20)) dialogue.note("over_before")
}

type Scenario = (dialogue: Dialogue, situation: Situation) => Promise<void>

export const scenarios = {
  ordinary: async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(run(situation, "ordinary"))
    await dialogue.ended("ordinary")
  },
  "nothing said": async () => undefined,
  "no host hello": async (dialogue, situation) => {
    await dialogue.send(run(situation, "unannounced"))
    await dialogue.ended("unannounced")
  },
  noise: async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.write('\n  \nthis is no JSON\n{"type":"run","id":"cut\n[1,2]\n17\nnull\n"text"\n')
    await dialogue.send(run(situation, "after-noise"))
    await dialogue.ended("after-noise")
  },
  "run without an id": async (dialogue, situation) => {
    const { id: _id, ...nameless } = run(situation, "")
    await greet(dialogue, situation)
    await dialogue.send(nameless, { ...nameless, id: "" }, { ...nameless, id: 7 }, { ...nameless, id: null })
    await dialogue.send(run(situation, "after-nameless"))
    await dialogue.ended("after-nameless")
  },
  "bad params": async (dialogue, situation) => {
    await greet(dialogue, situation)
    for (const [id, params] of Object.entries(badParams)) await dialogue.send({ type: "run", id, params })
    for (const id of Object.keys(badParams)) await dialogue.refused(id)
    await dialogue.send(run(situation, "after-bad-params"))
    await dialogue.ended("after-bad-params")
  },
  "unknown type": async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send({ type: "conformance.unknown", id: "of-unknown-type" })
    await dialogue.refused("of-unknown-type")
    await dialogue.send(run(situation, "after-unknown-type"))
    await dialogue.ended("after-unknown-type")
  },
  "unknown type without an id": async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send({ type: "conformance.unknown" }, { no: "type" })
    await dialogue.send(run(situation, "after-unknown"))
    await dialogue.ended("after-unknown")
  },
  "unknown fields": async (dialogue, situation) => {
    const unknown = { x_conformance: { nested: [1, null, "text"] } }
    await dialogue.send({ ...hostHello, ...unknown }, { ...run(situation, "unknown-fields", unknown), ...unknown })
    await dialogue.ended("unknown-fields")
  },
  "odd id": async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(run(situation, oddId))
    await dialogue.ended(oddId)
  },
  pieces: async (dialogue, situation) => {
    const frame = run(situation, "in-pieces", { x_conformance: "ä€😀".repeat(10) })
    const line = new TextEncoder().encode(`${JSON.stringify(frame)}\n`)
    await greet(dialogue, situation)
    ;(dialogue.heard.given as Set<string>).add("in-pieces")
    // The pauses let the runner read one piece at a time.
    for (let at = 0; at < line.length; at += 7) {
      await dialogue.write(line.subarray(at, at + 7))
      await dialogue.perhaps(() => false, 2)
    }
    await dialogue.ended("in-pieces")
  },
  "several lines at once": async (dialogue, situation) => {
    await dialogue.send(hostHello, run(situation, "glued-1"), run(situation, "glued-2"), run(situation, "glued-3"))
    for (const id of ["glued-1", "glued-2", "glued-3"]) await dialogue.ended(id)
  },
  "strange line separators": async (dialogue, situation) => {
    const x_conformance = "line\u2028paragraph\u2029next\u0085line"
    await greet(dialogue, situation)
    await dialogue.send(run(situation, "separators", { x_conformance }))
    await dialogue.ended("separators")
  },
  "a line of 1 MB": async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(run(situation, "big", { x_conformance: "x".repeat(1_000_000) }))
    await dialogue.ended("big")
  },
  "two runs": async (dialogue, situation) => {
    await dialogue.send(hostHello, run(situation, "one-of-two"), run(situation, "two-of-two"))
    for (const id of ["one-of-two", "two-of-two"]) await dialogue.ended(id)
  },
  "twenty runs": async (dialogue, situation) => {
    await dialogue.send(hostHello, ...twentyIds.map((id) => run(situation, id)))
    for (const id of twentyIds) await dialogue.ended(id)
  },
  busy: async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(longRun(situation, "busy"))
    await underWay(dialogue, "busy")
    await dialogue.send({ type: "run", id: "asked-while-busy", params: badParams["prompt-number"] })
    dialogue.note("asked")
    await dialogue.ended("busy")
    await dialogue.refused("asked-while-busy")
  },
  duplicate: async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(longRun(situation, "twice-given"))
    await underWay(dialogue, "twice-given")
    await dialogue.send(run(situation, "twice-given"), { type: "conformance.unknown", id: "twice-given" })
    await dialogue.ended("twice-given")
    await dialogue.send(run(situation, "after-duplicate"))
    await dialogue.ended("after-duplicate")
  },
  cancel: async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(longRun(situation, "cancelled"))
    await underWay(dialogue, "cancelled")
    await dialogue.send(cancel("cancelled"))
    await dialogue.ended("cancelled")
  },
  "cancel twice": async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(longRun(situation, "cancelled-twice"))
    await underWay(dialogue, "cancelled-twice")
    await dialogue.send(cancel("cancelled-twice"), cancel("cancelled-twice"))
    await dialogue.ended("cancelled-twice")
    await dialogue.send(run(situation, "after-cancelling-twice"))
    await dialogue.ended("after-cancelling-twice")
  },
  "cancel after the end": async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(run(situation, "ended-first"))
    await dialogue.ended("ended-first")
    await dialogue.send(cancel("ended-first"), run(situation, "after-late-cancel"))
    await dialogue.ended("after-late-cancel")
  },
  "cancel of an unknown run": async (dialogue, situation) => {
    await greet(dialogue, situation)
    await dialogue.send(cancel("never-given"), run(situation, "after-unknown-cancel"))
    await dialogue.ended("after-unknown-cancel")
  },
  "answer nobody asked for": async (dialogue, situation) => {
    const answer = { type: "answer", request: "never-asked", value: true }
    await greet(dialogue, situation)
    await dialogue.send({ ...answer, id: "answered-unasked" }, longRun(situation, "answered"))
    await dialogue.send({ ...answer, id: "answered" })
    await dialogue.ended("answered")
  },
  "end of input": async (dialogue, situation) => {
    await dialogue.send(hostHello, longRun(situation, "drained-1"), longRun(situation, "drained-2"))
    await dialogue.endInput()
    for (const id of ["drained-1", "drained-2"]) await dialogue.ended(id)
  }
} satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof scenarios
