import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { giveBack, join, leave, lengthOf, makeWaitingLine, next, takeAll } from "../src/lib/waiting-line.ts"

describe("a waiting line", () => {
  it("lets out in the order of joining, whoever left in between [S0-13]", () => {
    const line = makeWaitingLine<string>()
    for (const ticket of ["a", "b", "c", "d"]) join(line, ticket)
    leave(line, "b")
    leave(line, "b")
    leave(line, "nobody")
    expect([next(line), next(line), next(line), next(line)]).toEqual(["a", "c", "d", undefined])
  })

  it("puts who was given back before the others, in the old order, and lets them leave from there [S0-13]", () => {
    const line = makeWaitingLine<string>()
    for (const ticket of ["a", "b", "c", "d"]) join(line, ticket)
    const out = [next(line), next(line), next(line)] as Array<string>
    for (const ticket of out) giveBack(line, ticket)
    leave(line, "b")
    expect(lengthOf(line)).toBe(3)
    expect(takeAll(line)).toEqual(["a", "c", "d"])
    expect(lengthOf(line)).toBe(0)
  })

  it("every ticket is let out once, in the order of joining, whatever joins and leaves when", () => {
    const deed = fc.record({ deed: fc.constantFrom("join", "join", "leave", "next"), who: fc.nat(20) })
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 80 }), (deeds) => {
        const line = makeWaitingLine<number>()
        let model: Array<number> = []
        for (const { deed, who } of deeds) {
          if (deed === "next") expect(next(line)).toBe(model.shift())
          else if (deed === "leave") {
            leave(line, who)
            model = model.filter((other) => other !== who)
          } else if (!model.includes(who)) {
            join(line, who)
            model.push(who)
          }
          expect(lengthOf(line)).toBe(model.length)
        }
        expect(takeAll(line)).toEqual(model)
      })
    )
  })
})
