import { describe, expect, it } from "vitest"
import { muxDeadline, viewMux } from "../src/index.ts"
import {
  ask,
  at,
  cancel,
  diag,
  event,
  exited,
  failed,
  fatal,
  hello,
  leaving,
  mute,
  ok,
  open,
  settled,
  stray,
  tell
} from "./mux-story.ts"

type Story = readonly [sentence: string, inputs: Parameters<typeof tell>[0], words: ReadonlyArray<string>]

const acceptA = ["accept a", "write run a"]

describe("a run's ordinary life", () => {
  it.each<Story>([
    [
      "registers a run before its line is written, so that no output can be missed [S0-20]",
      [open("a")],
      ["accept a", "write run a"]
    ],
    [
      "gives each event to its own run, in order of arrival [S0-28]",
      [open("a"), open("b"), event("b", "one"), event("a", "two"), event("b", "three")],
      [...acceptA, "accept b", "write run b", "event b one", "event a two", "event b three"]
    ],
    [
      "delivers the end, frees the permit after it and delivers nothing further for the id [S0-29]",
      [open("a"), ok("a"), event("a"), settled, event("a")],
      [...acceptA, "settle", "end a completed", "release a"]
    ],
    [
      "tells an error end as a failure with the runner's text [S0-29]",
      [open("a"), failed("a"), settled],
      [...acceptA, "settle", "end a failed agent_failed", "release a"]
    ],
    [
      "knows a refused request by the text that the protocol fixes [S0-51]",
      [open("a"), failed("a", "invalid-params: prompt is missing"), settled],
      [...acceptA, "settle", "end a failed invalid_request", "release a"]
    ],
    [
      "hears one end only: a second is late [S0-30]",
      [open("a"), ok("a"), failed("a"), settled, ok("a")],
      [...acceptA, "settle", "end a completed", "release a"]
    ],
    [
      "takes the id again after its end [S0-22]",
      [open("a"), ok("a"), settled, open("a", "second")],
      [...acceptA, "settle", "end a completed", "release a", "accept second", "write run a"]
    ],
    [
      "refuses an id in flight to the one who asked and leaves the first run alone [S0-19]",
      [open("a", "first"), open("a", "second"), event("a")],
      ["accept first", "write run a", "refuse second duplicate_id", "event first said"]
    ],
    [
      "keeps the id until the terminal is given, also while the run settles [W0-06]",
      [open("a", "first"), ok("a"), open("a", "second"), settled],
      ["accept first", "write run a", "settle", "refuse second duplicate_id", "end first completed", "release first"]
    ],
    ["drops a line for an unknown id without effect [S0-31]", [event("ghost"), ok("ghost")], []]
  ])("%s", (_sentence, inputs, words) => {
    expect(tell(inputs).words).toEqual(words)
  })

  it("counts late lines and invented ids apart [W0-06 W0-11]", () => {
    const { state } = tell([open("a"), ok("a"), settled, event("a"), event("a"), event("ghost")])
    expect(viewMux(state).counts).toMatchObject({ stale: 2, unknown_id: 1 })
  })
})

describe("diagnostics", () => {
  it.each<Story>([
    [
      "gives a diagnostic to its run without ending it [S0-36]",
      [open("a"), diag("note", "a"), event("a")],
      [...acceptA, "diag a note", "event a said"]
    ],
    [
      "records what stderr held at the end of a run before its terminal [S0-36]",
      [open("a"), ok("a"), diag("last words", "a"), settled],
      [...acceptA, "settle", "diag a last words", "end a completed", "release a"]
    ],
    [
      "gives an end that is heard during a pass a pass of its own",
      [open("a"), open("b"), ok("a"), ok("b"), settled, diag("b's", "b"), settled],
      [
        ...acceptA,
        "accept b",
        "write run b",
        "settle",
        "end a completed",
        "release a",
        "settle",
        "diag b b's",
        "end b completed",
        "release b"
      ]
    ],
    [
      "shares a diagnostic of the runner itself with all open runs",
      [open("a"), open("b"), diag("low memory")],
      [...acceptA, "accept b", "write run b", "diag a low memory", "diag b low memory"]
    ]
  ])("%s", (_sentence, inputs, words) => {
    expect(tell(inputs).words).toEqual(words)
  })

  it("counts a diagnostic that comes after the terminal", () => {
    const { state } = tell([open("a"), ok("a"), settled, diag("too late", "a")])
    expect(viewMux(state).counts.late_diag).toBe(1)
  })
})

describe("questions", () => {
  const ask = (id: string, request: string) => ({ type: "ask", id, request, kind: "permission" }) as const
  it.each<Story>([
    [
      "passes a question on and its answer back, once",
      [
        hello(),
        open("a"),
        ask("a", "q"),
        { type: "answer", id: "a", request: "q", value: true },
        { type: "answer", id: "a", request: "q", value: false }
      ],
      ["hello", ...acceptA, "ask a q", "write answer a", "event a permission.resolved"]
    ],
    [
      "takes no answer to a question that nobody asked",
      [hello(), open("a"), { type: "answer", id: "a", request: "ghost", value: true }],
      ["hello", ...acceptA]
    ],
    [
      "writes no answer to a runner that did not announce it [S0-26]",
      [open("a"), ask("a", "q"), { type: "answer", id: "a", request: "q", value: true }],
      [...acceptA, "ask a q", "event a permission.resolved"]
    ]
  ])("%s", (_sentence, inputs, words) => {
    expect(tell(inputs).words).toEqual(words)
  })
})

describe("the runner's death", () => {
  it.each<Story>([
    [
      "ends every open run once with the evidence and refuses from then on [S0-21 S0-42]",
      [open("a"), open("b"), exited(1), exited(1), open("c"), event("a")],
      [
        ...acceptA,
        "accept b",
        "write run b",
        "retired: its process ended",
        "end a lost runner_exited",
        "release a",
        "end b lost runner_exited",
        "release b",
        "refuse c closed"
      ]
    ],
    [
      "does not tell a run that has its end a second one [S0-44]",
      [open("a"), ok("a"), exited(0)],
      [...acceptA, "settle", "retired: its process ended", "end a completed", "release a"]
    ],
    [
      "gives the fatal text to every run, after the process is gone [S0-37 W0-03]",
      [open("a"), open("b"), fatal("no key"), event("a"), exited(1)],
      [
        ...acceptA,
        "accept b",
        "write run b",
        "retired: fatal: no key",
        "event a said",
        "end a lost runner_fatal",
        "release a",
        "end b lost runner_fatal",
        "release b"
      ]
    ],
    [
      "keeps an end that was written between fatal and exit [W0-02]",
      [open("a"), fatal("no key"), ok("a"), exited(1)],
      [...acceptA, "retired: fatal: no key", "settle", "end a completed", "release a"]
    ],
    [
      "accepts nothing after fatal [S0-38]",
      [fatal("no key"), open("a")],
      ["retired: fatal: no key", "refuse a closed"]
    ],
    [
      "kills a runner that said fatal and stays",
      [at(0), open("a"), fatal("no key"), at(199), at(200), exited(null, "SIGKILL")],
      [
        ...acceptA,
        "retired: fatal: no key",
        "kill: it said fatal and did not exit",
        "end a lost runner_fatal",
        "release a"
      ]
    ],
    [
      "kills a runner that does not read and tells why [W0-09]",
      [open("a"), { type: "stuck" }, exited(null, "SIGTERM")],
      [
        ...acceptA,
        "retired: it does not read its standard input",
        "kill: it does not read its standard input",
        "end a lost runner_stuck",
        "release a"
      ]
    ],
    [
      "accepts nothing once the process is known to have exited, and hears what it wrote last [S0-21 W0-02]",
      [open("a"), leaving, open("b"), event("a"), ok("a"), exited(0)],
      [
        ...acceptA,
        "retired: its process ended",
        "refuse b closed",
        "event a said",
        "settle",
        "end a completed",
        "release a"
      ]
    ],
    [
      "ends a runner that closed its stdout and lives on: it could never say how a run ended [S0-42]",
      [at(0), open("a"), mute, open("b"), at(199), at(200), exited(null, "SIGTERM")],
      [
        ...acceptA,
        "retired: it closed its standard output",
        "refuse b closed",
        "kill: it closed its standard output and did not exit",
        "end a lost runner_exited",
        "release a"
      ]
    ],
    [
      "leaves a runner alone that closed its stdout and exits [W0-02]",
      [at(0), open("a"), ok("a"), mute, leaving, exited(0), at(5_000)],
      [...acceptA, "settle", "retired: it closed its standard output", "end a completed", "release a"]
    ],
    [
      "finishes what runs when it is asked to retire [S0-10]",
      [open("a"), { type: "retire" }, open("b"), ok("a"), settled],
      [...acceptA, "retired as asked: asked to", "refuse b closed", "settle", "end a completed", "release a"]
    ]
  ])("%s", (_sentence, inputs, words) => {
    expect(tell(inputs).words).toEqual(words)
  })

  it("waits no longer for a confirmation when the caller's clock is set back [W0-05]", () => {
    const { state } = tell([at(10_000), hello("cooperative"), open("a"), cancel("a"), at(4_000)])
    expect(muxDeadline(state)).toBe(5_000)
  })

  it("calls the silence of a one-shot program a failure", () => {
    const { words } = tell([open("a"), exited(0)], { deathOutcome: "failed" })
    expect(words.slice(-2)).toEqual(["end a failed no_terminal", "release a"])
  })
})

describe("hello", () => {
  it.each<Story>([
    [
      "ends all runs and the runner when the protocol is another [W0-16]",
      [open("a"), hello("cooperative", 2), exited(0)],
      [
        ...acceptA,
        "retired: the runner speaks protocol 2, this host speaks 1",
        "end a failed incompatible_protocol",
        "release a",
        "kill: the runner speaks protocol 2, this host speaks 1"
      ]
    ],
    [
      "ignores a hello that is not the first frame: the runner has the abilities of S0 [W0-16]",
      [open("a"), event("a"), hello("cooperative"), cancel("a")],
      [...acceptA, "event a said", "end a cancelled cancelled"]
    ]
  ])("%s", (_sentence, inputs, words) => {
    expect(tell(inputs).words).toEqual(words)
  })

  it("ends the runs of a runner that must say hello and does not, once the time has passed [W0-16]", () => {
    const { words } = tell([at(0), open("a"), at(499), at(500), exited(0)], { requireHello: true })
    expect(words).toEqual([
      ...acceptA,
      "retired: the runner did not say hello within 500 ms",
      "end a timed_out handshake_timeout",
      "release a",
      "kill: the runner did not say hello within 500 ms"
    ])
  })
})

describe("a hello that is required", () => {
  it("is missed also when the runner works without having said it [W0-16]", () => {
    const { words } = tell([at(0), open("a"), event("a"), at(500), event("a")], { requireHello: true })
    expect(words.slice(2)).toEqual([
      "event a said",
      "retired: the runner did not say hello within 500 ms",
      "end a timed_out handshake_timeout",
      "release a",
      "kill: the runner did not say hello within 500 ms"
    ])
  })
})

describe("requests that wait for an answer", () => {
  it("are bounded in number: one more is counted, told to the run and not passed on", () => {
    const asks = Array.from({ length: 257 }, (_, index) => ask("a", `r${index}`))
    const { state, words } = tell([
      open("a"),
      ...asks,
      { type: "answer", id: "a", request: "r0", value: 1 },
      ask("a", "next")
    ])
    expect(words.slice(-4)).toEqual([
      "ask a r255",
      "diag a wrong_shape on stdout: more than 256 requests wait for an answer",
      "event a permission.resolved",
      "ask a next"
    ])
    expect(viewMux(state).counts.wrong_shape).toBe(1)
  })
})

describe("malformed lines", () => {
  it("keeps the first ones in the traces, counts all and retires the runner at the threshold [S0-32 W0-11]", () => {
    const garbage = Array.from({ length: 5 }, (_, index) => stray(`junk ${index}`))
    const { state, words } = tell([at(0), open("a"), ...garbage, event("a"), ok("a"), settled])
    expect(words).toEqual([
      ...acceptA,
      ...garbage.map((_, index) => `diag a not_json on stdout: junk ${index}`),
      "retired: too many malformed lines",
      "event a said",
      "settle",
      "end a completed",
      "release a"
    ])
    expect(viewMux(state).counts.not_json).toBe(5)
  })

  it("forgets malformed lines that are older than the period [W0-11]", () => {
    const junk = [stray("x"), stray("x"), stray("x"), stray("x")]
    expect(tell([at(0), ...junk, at(1_000), ...junk]).words).toEqual([])
  })

  it("shows a malformed line that names its run to that run alone [W0-11]", () => {
    const { words } = tell([at(0), open("a"), open("b"), stray("half a frame", "b")])
    expect(words.slice(4)).toEqual(["diag b not_json on stdout: half a frame"])
  })
})
