import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { checkSurface } from "../api.ts"
import { addFiles, lines, project } from "./fixture.ts"

/** A built package whose report is up to date. */
function house(): string {
  const root = project({
    "packages/kernel/package.json": {
      name: "@signalbox/kernel",
      version: "1.0.0",
      publishConfig: { exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } } }
    },
    "packages/kernel/dist/index.d.ts": 'export { limit } from "./lib/limit.ts"\n',
    "packages/kernel/dist/lib/limit.d.ts": "/** How many. */\nexport declare const limit: number\n"
  })
  checkSurface(root, { write: true })
  return root
}

describe("the public surface", () => {
  it("is kept while the declarations say what the report says", () => {
    const root = house()
    expect(lines(checkSurface(root))).toEqual([])
    expect(readFileSync(join(root, "packages/kernel/api/index.md"), "utf8")).toContain("export const limit: number;")
  })

  it("is broken by a changed type, naming the changed lines", () => {
    const root = house()
    addFiles(root, { "packages/kernel/dist/lib/limit.d.ts": "/** How many. */\nexport declare const limit: string\n" })
    const [finding = ""] = lines(checkSurface(root))
    expect(finding).toContain("packages/kernel/api/index.md: the file is out of date")
    expect(finding).toContain("- export const limit: number;")
    expect(finding).toContain("+ export const limit: string;")
  })

  it("is broken by a new name", () => {
    const root = house()
    addFiles(root, {
      "packages/kernel/dist/index.d.ts": 'export { limit } from "./lib/limit.ts"\nexport declare const more: boolean\n'
    })
    expect(lines(checkSurface(root)).join()).toContain("+ export const more: boolean;")
  })

  it("is broken by a report of an entry that is gone, and cannot be judged without a build", () => {
    const root = house()
    addFiles(root, { "packages/kernel/api/gone.md": "# Gone\n" })
    expect(lines(checkSurface(root))).toEqual(["packages/kernel/api/gone.md: the package has no such entry"])
    const exports = { "./x": { types: "./dist/x.d.ts", default: "./dist/x.js" } }
    addFiles(root, { "packages/kernel/package.json": { name: "@signalbox/kernel", publishConfig: { exports } } })
    expect(lines(checkSurface(root))).toContain("packages/kernel/dist/x.d.ts: the declarations are not built")
  })

  it("is not judged when the declarations do not hold together", () => {
    const root = house()
    addFiles(root, { "packages/kernel/dist/index.d.ts": 'export { limit } from "./lib/gone.ts"\n' })
    expect(lines(checkSurface(root)).join()).toContain("it passes on ./lib/gone.ts, which cannot be read")
  })
})
