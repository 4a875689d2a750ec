import fc from "fast-check"
import { expect, it } from "vitest"
import { answer, cancel, memoryRunner, run, turn } from "./memory-runner.ts"
import { scriptedHandler } from "./scripted-handler.ts"

// The host sends anything in any order, the handlers do anything, the pipe fills and empties at any moment.

const id = fc.constantFrom("a" as const, "b" as const, "c" as const)

const deed = fc.constantFrom(
  "say 1",
  "send 2",
  "report trouble",
  "diag hm",
  "throw broken",
  "say-nonsense",
  "say-cycle",
  "until-cancelled",
  "return-when-cancelled",
  "throw-when-cancelled broken",
  "say-cleaning-up",
  "ask what",
  "leave-asking"
)

const prompt = fc.array(deed, { minLength: 1, maxLength: 4 }).map((deeds) => deeds.join("; "))

const line = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(id, prompt).map(([at, text]) => run(at, text)) },
  { weight: 3, arbitrary: id.map((at) => cancel(at)) },
  { weight: 2, arbitrary: id.map((at) => answer(at, "ask-1", true)) },
  { weight: 1, arbitrary: id.map((at) => ({ type: "dance", id: at }) as const) },
  { weight: 1, arbitrary: id.map((at) => ({ type: "run", id: at, params: {} }) as const) },
  { weight: 1, arbitrary: fc.constantFrom("", "{oops", "[1]", "7", "\u0000", '{"type":"run"}') }
)

const step = fc.oneof(
  { weight: 6, arbitrary: line },
  { weight: 3, arbitrary: fc.constant("turn" as const) },
  { weight: 1, arbitrary: fc.constantFrom("hold" as const, "let go" as const) }
)

it("every accepted run gets exactly one end, after its last event, whatever arrives in whatever order [S0-52 S0-51 W0-05]", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 300 }),
      async (steps, maxUnwritten) => {
        const memory = memoryRunner(scriptedHandler, { maxUnwritten })
        const answered = { a: 0, b: 0, c: 0 }
        for (const next of steps) {
          if (next === "turn") await turn()
          else if (next === "hold") memory.hold()
          else if (next === "let go") memory.letGo()
          else {
            if (typeof next !== "string" && (next.type === "run" || next.type === "dance")) answered[next.id] += 1
            memory.hear(next)
          }
        }
        for (const at of Object.keys(answered)) memory.hear(cancel(at))
        memory.letGo()
        await memory.drain()
        holdsTheRule(memory.out, memory.err, answered)
      }
    )
  )
})

/** Of each id: nothing is left open, and each line that had to be answered got one end, or one diagnostic of a used id. */
function holdsTheRule(out: ReadonlyArray<string>, err: ReadonlyArray<string>, answered: Record<string, number>): void {
  for (const [at, lines] of Object.entries(answered)) {
    const said = out.filter((word) => word.split(" ")[1] === at)
    const ends = said.filter((word) => word.startsWith("end"))
    const refused = err.filter((word) => word.startsWith(`diag ${at} warn`) && word.includes("the run goes on"))
    expect(ends.length + refused.length).toBe(lines)
    expect(said.at(-1) ?? "end").toMatch(/^end/)
  }
  expect(err.filter((word) => !word.startsWith("diag"))).toEqual([])
}
