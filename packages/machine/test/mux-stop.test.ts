import { describe, expect, it } from "vitest"
import { muxDeadline } from "../src/index.ts"
import { at, cancel, event, exited, failed, gaveUp, hello, ok, open, settled, tell, timeOut } from "./mux-story.ts"

type Story = readonly [sentence: string, inputs: Parameters<typeof tell>[0], words: ReadonlyArray<string>]

const acceptA = ["accept a", "write run a"]

describe("stopping a run", () => {
  it.each<Story>([
    [
      "asks a runner that can stop, and ends once as cancelled [W0-05]",
      [hello("cooperative"), open("a"), cancel("a"), cancel("a"), gaveUp("a"), settled, cancel("a")],
      ["hello", ...acceptA, "write cancel a", "settle", "end a cancelled cancelled", "release a"]
    ],
    [
      "lets an end that was faster win the race [W0-05]",
      [hello("cooperative"), open("a"), cancel("a"), ok("a"), settled],
      ["hello", ...acceptA, "write cancel a", "settle", "end a completed", "release a"]
    ],
    [
      "keeps an end that was heard when the grace runs out before it is told [W0-05]",
      [at(0), hello("cooperative"), open("a"), cancel("a"), ok("a"), at(1_000), settled],
      ["hello", ...acceptA, "write cancel a", "settle", "end a completed", "release a"]
    ],
    [
      "takes no cancel once the end was heard [W0-05]",
      [hello("cooperative"), open("a"), ok("a"), cancel("a"), settled],
      ["hello", ...acceptA, "settle", "end a completed", "release a"]
    ],
    [
      "tells an error that follows a cancel as the cancellation [W0-05]",
      [hello("cooperative"), open("a"), cancel("a"), failed("a", "aborted"), settled],
      ["hello", ...acceptA, "write cancel a", "settle", "end a cancelled cancelled", "release a"]
    ],
    ["does nothing for an unknown id [W0-05]", [hello("cooperative"), cancel("ghost")], ["hello"]],
    [
      "waits with a cancel until it is known what the runner can do [W0-16]",
      [open("a"), cancel("a"), hello("cooperative"), gaveUp("a"), settled],
      [...acceptA, "hello", "write cancel a", "settle", "end a cancelled cancelled", "release a"]
    ],
    [
      "never writes cancel to a runner that did not announce it: readers are told, the permit waits for the end [S0-26 W0-04 W0-05]",
      [open("a"), event("a"), cancel("a"), event("a"), ok("a"), settled],
      [...acceptA, "event a said", "end a cancelled cancelled", "settle", "release a"]
    ],
    [
      "tells readers when the runner does not confirm within the grace, and keeps the permit until it does [W0-04 W0-05]",
      [at(0), hello("cooperative"), open("a"), open("b"), cancel("a"), at(999), at(1_000), gaveUp("a"), settled],
      [
        "hello",
        ...acceptA,
        "accept b",
        "write run b",
        "write cancel a",
        "end a cancelled cancelled",
        "settle",
        "release a"
      ]
    ],
    [
      "ends a run that took too long as timed out when the runner confirms [W0-17]",
      [hello("cooperative"), open("a"), timeOut("a"), gaveUp("a"), settled],
      ["hello", ...acceptA, "write cancel a", "settle", "end a timed_out run_timeout", "release a"]
    ],
    [
      "replaces a runner in which only hanging runs are left [W0-17]",
      [at(0), hello("cooperative"), open("a"), timeOut("a"), at(1_000)],
      [
        "hello",
        ...acceptA,
        "write cancel a",
        "end a timed_out run_timeout",
        "retired: only hanging runs are left in it",
        "kill: only hanging runs are left in it"
      ]
    ],
    [
      "lets cancelled work go on in a runner that cannot stop it for what is left of its time, and no longer [W0-04 W0-17]",
      [at(0), open("a"), event("a"), cancel("a", 3_000), at(2_999), at(3_000)],
      [
        ...acceptA,
        "event a said",
        "end a cancelled cancelled",
        "retired: only hanging runs are left in it",
        "kill: only hanging runs are left in it"
      ]
    ],
    [
      "kills a runner that can only be killed as soon as nothing but cancelled work is left in it [W0-05]",
      [at(0), hello("kill"), open("a"), open("b"), cancel("a"), ok("b"), settled],
      [
        "hello",
        ...acceptA,
        "accept b",
        "write run b",
        "end a cancelled cancelled",
        "settle",
        "end b completed",
        "release b",
        "retired: only hanging runs are left in it",
        "kill: only hanging runs are left in it"
      ]
    ],
    [
      "does not replace it while another run lives [W0-17]",
      [at(0), hello("cooperative"), open("a"), open("b"), timeOut("a"), at(1_000), event("b")],
      ["hello", ...acceptA, "accept b", "write run b", "write cancel a", "end a timed_out run_timeout", "event b said"]
    ]
  ])("%s", (_sentence, inputs, words) => {
    expect(tell(inputs).words).toEqual(words)
  })

  it("kills the process of a one-shot program and tells who asked for it [W0-05]", () => {
    const { words } = tell([open("a"), cancel("a"), exited(null, "SIGTERM")], { deathOutcome: "failed" })
    expect(words).toEqual([
      ...acceptA,
      "retired as asked: its only run is to stop",
      "kill: its only run is to stop",
      "end a cancelled cancelled",
      "release a"
    ])
  })

  it("kills a shared runner that can only be killed for its last run, and tells that it was asked for [W0-05]", () => {
    const { words } = tell([
      hello("kill"),
      open("a"),
      open("b"),
      ok("b"),
      settled,
      cancel("a"),
      exited(null, "SIGTERM")
    ])
    expect(words.slice(-4)).toEqual([
      "retired as asked: its only run is to stop",
      "kill: its only run is to stop",
      "end a cancelled cancelled",
      "release a"
    ])
  })

  it("tells the cancellation also when the killed program leaves with success [W0-05]", () => {
    const { words } = tell([open("a"), cancel("a"), ok("a"), exited(0)], { deathOutcome: "failed" })
    expect(words.slice(-2)).toEqual(["end a cancelled cancelled", "release a"])
  })

  it("asks for a tick at the end of the grace", () => {
    const { state } = tell([at(100), hello("cooperative"), open("a"), cancel("a")])
    expect(muxDeadline(state)).toBe(1_100)
  })
})
