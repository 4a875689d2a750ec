import { describe, expect, it } from "vitest"
import { checkPurity } from "../purity.ts"
import { lines, project } from "./fixture.ts"

/** A built plain package with this text in a file that its entry reaches. */
function house(name: string, reached: string): string {
  const exports = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } }
  return project({
    [`packages/${name}/package.json`]: {
      name: `@signalbox/${name}`,
      dependencies: { zod: "^4" },
      publishConfig: { exports }
    },
    [`packages/${name}/dist/index.js`]: 'export { one } from "./chunk.js"\n',
    [`packages/${name}/dist/chunk.js`]: `${reached}\nexport const one = 1\n`
  })
}

describe("what a package ships", () => {
  it("may import what its manifest declares", () => {
    expect(lines(checkPurity(house("protocol", 'import * as z from "zod"\nexport const two = z')))).toEqual([])
  })

  it.each([
    ["a built-in module of Node", 'import "node:fs"', "node:fs"],
    ["a built-in module by its old name", 'import { join } from "path"', "path"],
    ["Effect", 'import * as Effect from "effect/Effect"', "effect/Effect"],
    ["Node, behind a dynamic import", 'const load = () => import("node:net")', "node:net"]
  ])("is refused in a plain package for %s, even behind a chunk", (_what, text, specifier) => {
    expect(lines(checkPurity(house("protocol", text)))).toEqual([
      `packages/protocol/dist/chunk.js:1: packages/protocol/dist/index.js reaches ${specifier}`
    ])
  })

  it("is refused for a package that the manifest does not declare", () => {
    expect(lines(checkPurity(house("kernel", 'import ms from "ms"')))).toEqual([
      "packages/kernel/dist/chunk.js:1: ms is not declared"
    ])
  })

  it("is refused when it is not built", () => {
    const exports = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } }
    const root = project({ "packages/kernel/package.json": { name: "@signalbox/kernel", publishConfig: { exports } } })
    expect(lines(checkPurity(root))).toEqual(["packages/kernel/dist/index.js: the entry is not built"])
  })
})
