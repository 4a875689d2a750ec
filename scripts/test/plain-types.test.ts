import { describe, expect, it } from "vitest"
import { borrow, project, run } from "./fixture.ts"

// Purity is a place that the compiler guards: each row is a name that a plain package must not even see.
const reached = [
  "process.pid",
  "setTimeout(() => undefined, 1)",
  "setInterval(() => undefined, 1)",
  "console.log(1)",
  "crypto.randomUUID()",
  'fetch("x")',
  "new URL('x')",
  "document.title",
  "performance.now()",
  "Buffer.alloc(1)",
  'require("fs")'
]

describe("the compiler, in a plain package", () => {
  it("refuses every name of Node and of the browser", () => {
    const root = project({
      "package.json": { type: "module" },
      "packages/agents/tsconfig.json": {
        extends: "../../tsconfig.plain.json",
        include: ["src"],
        compilerOptions: { noEmit: true }
      },
      ...Object.fromEntries(
        reached.map((text, index) => [`packages/agents/src/reach-${index}.ts`, `export const it = ${text}\n`])
      ),
      "packages/agents/src/pure.ts": "export const one = [1].toSorted()\n"
    })
    borrow(root, "tsconfig.base.json", "tsconfig.plain.json")
    const { code, output } = run(root, ["tsc", "-p", "packages/agents/tsconfig.json", "--pretty", "false"])
    expect(code).not.toBe(0)
    const refused = new Set(
      [...output.matchAll(/reach-(\d+)\.ts\(\d+,\d+\): error TS(?:2304|2584|2591):/g)].map((match) => Number(match[1]))
    )
    expect(reached.filter((_, index) => !refused.has(index))).toEqual([])
    expect(output).not.toContain("pure.ts")
  })

  it("cannot resolve Effect or zod from a package that does not declare them", () => {
    const text = 'import * as Effect from "effect/Effect"\nimport * as z from "zod"\nexport const all = [Effect, z]\n'
    const root = project({
      "package.json": { type: "module" },
      "tsconfig.json": { extends: "./tsconfig.plain.json", compilerOptions: { noEmit: true }, files: ["a.ts"] },
      "a.ts": text
    })
    borrow(root, "tsconfig.base.json", "tsconfig.plain.json")
    expect(run(root, ["tsc", "-p", ".", "--pretty", "false"]).output.match(/TS2307/g)).toHaveLength(2)
  })
})
