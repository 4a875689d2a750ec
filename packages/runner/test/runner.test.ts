import { expect, it } from "vitest"
import { cancel, memoryRunner, run, turn } from "./memory-runner.ts"
import { scriptedHandler } from "./scripted-handler.ts"

type Row = [story: string, lines: ReadonlyArray<unknown>, out: ReadonlyArray<string>, err?: ReadonlyArray<string>]

/** Between two lines: everything that can happen now has happened. */
const underWay = "under way"

/** Feeds the lines, closes the input, and compares everything that was said on both streams. */
async function tells(lines: Row[1], out: Row[2], err: Row[3] = []): Promise<void> {
  const memory = memoryRunner(scriptedHandler)
  memory.runner.hello()
  for (const line of lines) {
    if (line === underWay) await turn()
    else memory.hear(line)
  }
  await memory.drain()
  expect({ out: memory.out, err: memory.err }).toEqual({ out: ["hello", ...out], err })
}

it.each<Row>([
  ["sends the events and then ok", [run("a", "say 1; say 2")], ["event a 1", "event a 2", "end a ok"]],
  [
    "sends what the handler sends aside, in the order of the calls",
    [run("a", "say 1; send 2; say 3")],
    ["event a 1", "event a 2", "event a 3", "end a ok"]
  ],
  [
    "takes an id again after its end",
    [run("a", "say 1"), underWay, run("a", "say 2")],
    ["event a 1", "end a ok", "event a 2", "end a ok"]
  ],
  ["finishes a run that does nothing", [run("a", "diag hello")], ["end a ok"], ["diag a info: hello"]],
  [
    "takes content parts as a prompt",
    [{ type: "run", id: "a", params: { prompt: [{ type: "text", text: "say 1" }] } }],
    ["event a 1", "end a ok"]
  ]
])("a run: %s [S0-18 S0-52]", (_story, lines, out, err) => tells(lines, out, err))

it.each<Row>([
  [
    "a missing id",
    [{ type: "run", params: { prompt: "say 1" } }],
    [],
    ["diag warn: ignored a line: it has no usable `id`"]
  ],
  ["an empty id", [run("", "say 1")], [], ["diag warn: ignored a line: it has no usable `id`"]],
  ["an id that is a number", [run(7, "say 1")], [], ["diag warn: ignored a line: it has no usable `id`"]],
  [
    "an id that no host accepts back",
    [run("x".repeat(257), "say 1")],
    [],
    ["diag warn: ignored a line: it has no usable `id`"]
  ],
  ["an unknown type without an id", [{ type: "dance" }], [], ["diag warn: ignored a line: it has no usable `id`"]],
  ["a line that is not JSON", ["{oops"], [], ["diag warn: ignored a line: the line is not JSON"]],
  ["a line that is not an object", ["[1]"], [], ["diag warn: ignored a line: the line is JSON, but not an object"]],
  ["empty lines", ["", "  ", "\r"], []],
  ["a hello of the same protocol", [{ type: "hello", protocol: 1, host: "signalbox/1" }], []],
  [
    "a hello of another protocol",
    [{ type: "hello", protocol: 9 }],
    [],
    ["diag warn: the host speaks protocol 9, this runner speaks 1"]
  ],
  [
    "a cancel and an answer for an unknown id",
    [cancel("a"), { type: "answer", id: "a", request: "ask-1", value: 1 }],
    []
  ]
])("ignores %s and does the next run [S0-51]", (_story, lines, out, err) =>
  tells([...lines, run("z", "say 1")], [...out, "event z 1", "end z ok"], err)
)

it.each<Row>([
  ["no params", [{ type: "run", id: "a" }], ["end a error: invalid-params: missing field `params`"]],
  [
    "params that are a list",
    [{ type: "run", id: "a", params: [] }],
    ["end a error: invalid-params: `params` is not an object"]
  ],
  ["no prompt", [{ type: "run", id: "a", params: {} }], ["end a error: invalid-params: missing field `prompt`"]],
  [
    "a prompt that is a number",
    [{ type: "run", id: "a", params: { prompt: 7 } }],
    ["end a error: invalid-params: wrong type of `prompt`"]
  ],
  ["a folder that is null", [run("a", "say 1", { cwd: null })], ["end a error: invalid-params: wrong type of `cwd`"]],
  ["an unknown type", [{ type: "dance", id: "a" }], ["end a error: unknown-type: dance"]],
  ["no type at all", [{ id: "a" }], ["end a error: unknown-type: the line has no string `type`"]]
])("answers %s with an error and starts nothing [S0-51]", (_story, lines, out) => tells(lines, out))

it.each<Row>([
  [
    "a second run",
    [run("a", "until-cancelled"), run("a", "say 2"), cancel("a")],
    ["end a cancelled"],
    ["diag a warn: duplicate-id: a line that uses the id of this run was ignored; the run goes on"]
  ],
  [
    "an unknown type",
    [run("a", "until-cancelled"), { type: "dance", id: "a" }, cancel("a")],
    ["end a cancelled"],
    ["diag a warn: unknown-type: dance: a line that uses the id of this run was ignored; the run goes on"]
  ]
])(
  "says a diagnostic about %s under an id in flight and leaves the first run alone [S0-51 W0-06]",
  (_story, lines, out, err) => tells(lines, out, err)
)

it.each<Row>([
  [
    "the handler throws",
    [run("a", "say 1; throw it broke")],
    ["event a 1", "end a error: it broke"],
    ["diag a error: Error: it broke"]
  ],
  [
    "the error has many lines",
    [run("a", "throw one \\n\\n  two")],
    ["end a error: one two"],
    ["diag a error: Error: one "]
  ],
  [
    "nothing is thrown, as an error",
    [run("a", "throw-nothing")],
    ["end a error: undefined"],
    ["diag a error: undefined"]
  ],
  [
    "an event has no type",
    [run("a", "say-nonsense; say 1")],
    ["end a error: the handler said something that is not an event: it has no string `type`"],
    ["diag a error: TypeError: the handler said something that is not an event: it has no string `type`"]
  ]
])("ends with one line of error when %s, the story in a diagnostic [S0-52 S0-54]", (_story, lines, out, err) =>
  tells(lines, out, err)
)

it.each<Row>([
  [
    "an error event",
    [run("a", "report out of tokens; say usage")],
    ["event a error", "event a usage", "end a error: out of tokens"]
  ],
  [
    "a failed turn",
    [run("a", "turn-fails refused; say usage")],
    ["event a turn.failed", "event a usage", "end a error: refused"]
  ],
  [
    "the last of two error events",
    [run("a", "report one; report two")],
    ["event a error", "event a error", "end a error: two"]
  ]
])("goes on after %s and ends with that error [S0-53]", (_story, lines, out) => tells(lines, out))

it.each<Row>([
  ["a run that waits", [run("a", "until-cancelled"), underWay, cancel("a")], ["end a cancelled"]],
  ["a run in the tick in which it came", [run("a", "say 1; until-cancelled"), cancel("a")], ["end a cancelled"]],
  ["a run twice", [run("a", "until-cancelled"), underWay, cancel("a"), cancel("a", "again")], ["end a cancelled"]],
  ["a run before it starts, which is nobody's run", [cancel("a"), run("a", "say 1")], ["event a 1", "end a ok"]],
  [
    "a run whose handler returns when asked",
    [run("a", "return-when-cancelled"), underWay, cancel("a")],
    ["end a cancelled"]
  ],
  [
    "a run that reported an error",
    [run("a", "report x; until-cancelled"), underWay, cancel("a")],
    ["event a error", "end a cancelled"]
  ],
  [
    "a run that still has things to say",
    [run("a", "say-cleaning-up"), underWay, cancel("a")],
    ["event a usage", "event a goodbye", "end a cancelled"]
  ],
  [
    "a run whose clean-up throws",
    [run("a", "throw-when-cancelled broken"), underWay, cancel("a")],
    ["end a cancelled"],
    ["diag a warn: Error: broken"]
  ],
  [
    "one of two runs",
    [run("a", "until-cancelled"), run("b", "say 1"), underWay, cancel("a")],
    ["event b 1", "end a cancelled", "end b ok"]
  ]
])("cancels %s and ends it once [W0-05 S0-52]", async (_story, lines, out, err = []) => {
  const memory = memoryRunner(scriptedHandler)
  for (const line of lines) {
    if (line === underWay) await turn()
    else memory.hear(line)
  }
  await memory.drain()
  expect({ out: memory.out.toSorted(), err: memory.err }).toEqual({ out: out.toSorted(), err })
  expect(memory.out.at(-1)).toMatch(/^end/)
})
