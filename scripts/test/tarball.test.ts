import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { checkConsumer, checkPacked, pack, type Packed, packedAt } from "../tarball.ts"
import { packagesOf } from "../workspace.ts"
import { type Files, lines, project, run } from "./fixture.ts"

// The packages are made up; pnpm, npm, publint, attw, the compiler and Node are real.
const good: Files = {
  "packages/kernel/package.json": {
    name: "@signalbox/kernel",
    version: "1.0.0",
    type: "module",
    license: "MIT",
    files: ["dist", "bin", "README.md", "LICENSE"],
    bin: { kernel: "./bin/kernel.js" },
    exports: { ".": "./src/index.ts" },
    publishConfig: { exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } } }
  },
  "packages/kernel/README.md": "# Kernel\n",
  "packages/kernel/LICENSE": "MIT\n",
  "packages/kernel/bin/kernel.js": '#!/usr/bin/env node\nconsole.log("1.0.0")\n',
  "packages/kernel/src/index.ts": "export const limit: number = 1\n",
  "packages/kernel/dist/index.js": "export const limit = 1\n",
  "packages/kernel/dist/index.d.ts": "export declare const limit: number\n"
}

function packed(extra: Files = {}): Packed {
  const root = project({ ...good, ...extra })
  const [one] = packagesOf(root)
  if (one === undefined) throw new Error("the made project has no package")
  return pack(root, one, root)
}

describe("a packed package", () => {
  it("is accepted when it is complete, and works for a stranger", () => {
    const one = packed()
    expect(lines(checkPacked(one))).toEqual([])
    expect(lines(checkConsumer([one], project({})))).toEqual([])
  })

  it("is refused when npm packed it, because its exports name sources", () => {
    const root = project(good)
    run(join(root, "packages/kernel"), ["npm", "pack", "--pack-destination", root])
    const findings = lines(checkPacked(packedAt(join(root, "signalbox-kernel-1.0.0.tgz"))))
    expect(findings).toContain("@signalbox/kernel (packed): its exports name sources")
  })

  it("is refused for an entry that is not in it", () => {
    const { "packages/kernel/dist/index.js": _entry, ...rest } = good
    const root = project(rest)
    const [one] = packagesOf(root)
    const findings = lines(checkPacked(pack(root, one as NonNullable<typeof one>, root)))
    expect(findings.join()).toContain('["."].default is ./dist/index.js but the file does not exist')
  })

  it("is refused for declarations that a user's compiler cannot follow", () => {
    const one = packed({
      "packages/kernel/dist/index.d.ts": 'export * from "./lib/limit"\n',
      "packages/kernel/dist/lib/limit.d.ts": "export declare const limit: number\n"
    })
    expect(lines(checkPacked(one)).join()).toContain("attw says")
  })

  it("is refused without a README", () => {
    const { "packages/kernel/README.md": _readme, ...rest } = good
    const root = project(rest)
    const [one] = packagesOf(root)
    expect(lines(checkPacked(pack(root, one as NonNullable<typeof one>, root)))).toEqual([
      "@signalbox/kernel (packed): it has no README.md"
    ])
  })

  it.each([
    [
      "an import that it does not declare",
      { "packages/kernel/dist/index.js": 'import "ms"\nexport const limit = 1\n' },
      "every entry is imported"
    ],
    [
      "declarations that do not compile",
      { "packages/kernel/dist/index.d.ts": 'export declare const limit: import("ms").Limit\n' },
      "every entry is compiled"
    ],
    [
      "a program that does not start",
      { "packages/kernel/bin/kernel.js": '#!/usr/bin/env node\nimport "ms"\n' },
      "does not say 1.0.0"
    ]
  ])("is refused by a stranger for %s", (_what, files, says) => {
    expect(lines(checkConsumer([packed(files)], project({}))).join("\n")).toContain(says)
  })
})
