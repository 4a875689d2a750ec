import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { checkStderrFrame, checkStdoutFrame, MAX_ID_LENGTH, StderrFrame, StdoutFrame } from "../src/index.ts"
import { invalidLines, validLines } from "./golden.ts"

const goldenValues = (name: string): ReadonlyArray<unknown> => [
  ...validLines(name).map((line) => JSON.parse(line.trim()) as unknown),
  ...invalidLines(name)
    .filter(({ kind }) => kind !== "blank" && kind !== "not_json")
    .map(({ line }) => JSON.parse(line) as unknown)
]

/** Any JSON value, often one that stands in a frame. */
const anyField = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, 1, 1.5, -1, 2 ** 53, "", "ok", "error", "cancelled", "permission"),
  fc.constantFrom<unknown>(
    "question",
    "none",
    "cooperative",
    "kill",
    [],
    {},
    { type: "x" },
    { type: 7 },
    { cancel: "kill" }
  ),
  fc.constantFrom(
    "x".repeat(MAX_ID_LENGTH),
    "x".repeat(MAX_ID_LENGTH + 1),
    "\u{1f600}".repeat(MAX_ID_LENGTH),
    "\u{1f600}".repeat(MAX_ID_LENGTH + 1)
  ),
  fc.jsonValue()
)
const anyKey = fc.constantFrom(
  ...[
    "type",
    "id",
    "id",
    "id",
    "event",
    "status",
    "error",
    "request",
    "kind",
    "protocol",
    "agent",
    "version",
    "capabilities"
  ],
  ...["level", "message", "__proto__", "constructor", "toString"]
)
const anyType = fc.constantFrom("event", "end", "ask", "hello", "diag", "fatal", "run", "toString", "__proto__", "")

type Change = { readonly key: string; readonly value: unknown; readonly remove: boolean }

/** A golden value with some of its fields replaced or taken away. */
const mutated = (name: string) =>
  fc
    .tuple(
      fc.constantFrom(...goldenValues(name)),
      fc.array(fc.record<Change>({ key: anyKey, value: anyField, remove: fc.boolean() }), { maxLength: 3 })
    )
    .map(([value, changes]) => changes.reduce(changed, value))

function changed(value: unknown, { key, value: field, remove }: Change): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  const rest = Object.entries(value).filter(([name]) => name !== key)
  return Object.fromEntries(remove ? rest : [...rest, [key, field]])
}

/** An object with the fields of any frame, of any value. */
const madeUp = fc.tuple(anyType, fc.dictionary(anyKey, anyField)).map(([type, fields]) => ({ ...fields, type }))

/** Through JSON, because that is where the values of the check come from: no `undefined`, own keys only. */
const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe.each([
  ["stdout-frame", checkStdoutFrame, StdoutFrame],
  ["stderr-frame", checkStderrFrame, StderrFrame]
] as const)("the envelope check of a %s", (name, check, schema) => {
  it("accepts what the zod schema accepts and refuses the rest, for every JSON value", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), madeUp, mutated(name)).map(overTheWire), (value) => {
        expect(check(value).ok).toBe(schema.safeParse(value).success)
      })
    )
  })

  it("gives the very value back that it accepts, so that unknown fields stay", () => {
    for (const line of validLines(name)) {
      const value: unknown = JSON.parse(line.trim())
      const checked = check(value)
      expect(checked.ok && checked.value).toBe(value)
    }
  })

  it("says for every refusal what is wrong, in a short sentence", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), madeUp, mutated(name)), (value) => {
        const checked = check(value)
        const { message, path } = checked.ok ? { message: "", path: "" } : checked.fault
        expect(message.length).toBeLessThan(500)
        expect(message).toContain(path === "type" || path === undefined ? "" : path)
      })
    )
  })
})

describe("a type that is not known", () => {
  it("is named in the fault, shortened when it is long", () => {
    const faults = ["invented", "x".repeat(10_000)].map((type) => checkStdoutFrame({ type }))
    expect(faults).toMatchObject([
      { fault: { kind: "unknown_type", path: "type", message: 'the type "invented" is not known' } },
      { fault: { kind: "unknown_type", path: "type", message: `the type "${"x".repeat(64)}" is not known` } }
    ])
  })
})

describe("the frames of the reference", () => {
  it.each<[string, object]>([
    ["an event", { type: "event", id: "a", event: { type: "item.completed", item: {} } }],
    ["an end that went well", { type: "end", id: "a", status: "ok" }],
    ["an end with an error", { type: "end", id: "a", status: "error", error: "duplicate-id" }],
    ["an end of the older generation", { type: "end", id: "a", status: "cancelled" }]
  ])("are valid unchanged on stdout: %s", (_, frame) => {
    expect(checkStdoutFrame(frame)).toEqual({ ok: true, value: frame })
  })

  it.each<[string, object]>([
    ["a diagnostic of a run", { type: "diag", id: "a", level: "warn", message: "slow" }],
    ["a fatal error", { type: "fatal", message: "no key" }]
  ])("are valid unchanged on stderr: %s", (_, frame) => {
    expect(checkStderrFrame(frame)).toEqual({ ok: true, value: frame })
  })
})
