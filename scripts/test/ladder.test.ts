import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { checkLadder, ladderTable } from "../ladder.ts"
import { ladder, type Rung } from "../ladder-table.ts"
import { addFiles, type Files, lines, project } from "./fixture.ts"

const names = ["protocol", "machine", "agents", "runner", "kernel", "trace"]
const table: ReadonlyArray<Rung> = ladder
  .filter((row) => names.includes(row.name))
  .map((row) => ({ ...row, imports: row.imports.filter((name) => names.includes(name)) }))

/** A small workspace in which every rule holds. */
function house(extra: Files = {}): string {
  const manifests = table.map((row) => [
    `${row.folder}/package.json`,
    {
      name: `@signalbox/${row.name}`,
      dependencies: Object.fromEntries(row.imports.map((name) => [`@signalbox/${name}`, "workspace:^"]))
    }
  ])
  const architecture = `# House\n\n<!-- ladder -->\n\n${ladderTable(table)}\n\n<!-- /ladder -->\n`
  return project({ ...Object.fromEntries(manifests), "ARCHITECTURE.md": architecture, ...extra })
}

const rows: ReadonlyArray<[rule: string, files: Files, finding: string]> = [
  [
    "a sibling's import",
    {
      "packages/trace/src/lib/Hub.ts": '\nimport { Process } from "@signalbox/kernel"\nexport const all = [Process]\n'
    },
    "packages/trace/src/lib/Hub.ts:2: trace may not import @signalbox/kernel"
  ],
  [
    "an import upwards",
    { "packages/protocol/src/lib/a.ts": 'export type { Mux } from "@signalbox/machine"\n' },
    "packages/protocol/src/lib/a.ts:1: protocol may not import @signalbox/machine"
  ],
  [
    "a hidden import upwards",
    { "packages/agents/src/lib/a.ts": 'export const load = () => import("@signalbox/kernel")\n' },
    "packages/agents/src/lib/a.ts:1: agents may not import @signalbox/kernel"
  ],
  [
    "a sibling in a test",
    { "packages/trace/test/a.test.ts": 'import { Process } from "@signalbox/kernel"\nexport const all = [Process]\n' },
    "packages/trace/test/a.test.ts:1: trace may not import @signalbox/kernel"
  ],
  [
    "a path into another package",
    {
      "packages/agents/src/lib/a.ts": 'import { mux } from "../../../machine/src/index.ts"\nexport const all = [mux]\n'
    },
    "packages/agents/src/lib/a.ts:1: ../../../machine/src/index.ts leaves the package"
  ],
  [
    "a dependency upwards",
    {
      "packages/machine/package.json": {
        name: "@signalbox/machine",
        dependencies: { "@signalbox/agents": "workspace:^" }
      }
    },
    "packages/machine/package.json: dependencies names @signalbox/agents, which machine may not import"
  ],
  [
    "a sibling for tests",
    {
      "packages/kernel/package.json": {
        name: "@signalbox/kernel",
        devDependencies: { "@signalbox/trace": "workspace:^" }
      }
    },
    "packages/kernel/package.json: devDependencies names @signalbox/trace, which kernel may not import"
  ],
  [
    "a library that the row does not name",
    { "packages/kernel/src/lib/a.ts": 'import ms from "ms"\nexport const all = [ms]\n' },
    "packages/kernel/src/lib/a.ts:1: kernel may not import ms"
  ],
  [
    "Effect in a plain package",
    { "packages/agents/src/lib/A.ts": 'import * as Effect from "effect/Effect"\nexport const all = [Effect]\n' },
    "packages/agents/src/lib/A.ts:1: agents may not import effect/Effect"
  ],
  [
    "a second copy of effect",
    { "packages/kernel/package.json": { name: "@signalbox/kernel", dependencies: { effect: "4.1.0" } } },
    "packages/kernel/package.json: effect stands in dependencies: a second copy of it would break its users"
  ],
  [
    "a value where only types are allowed",
    {
      "packages/machine/src/lib/a.ts":
        'import { decode, type Line } from "@signalbox/protocol"\nexport const all = (l: Line) => decode(l)\n'
    },
    "packages/machine/src/lib/a.ts:1: machine takes only types of @signalbox/protocol"
  ],
  [
    "zod by name",
    { "packages/protocol/src/lib/a.ts": 'import { z } from "zod"\nexport const A = z.string()\n' },
    "packages/protocol/src/lib/a.ts:1: zod is imported by name"
  ],
  [
    "zod outside a wire file",
    { "packages/agents/src/lib/codex/dialect.ts": 'import * as z from "zod"\nexport const A = z.string()\n' },
    "packages/agents/src/lib/codex/dialect.ts:1: zod outside protocol and agents/**/wire.ts"
  ],
  [
    "a process outside the kernel",
    { "packages/trace/src/lib/A.ts": 'import { spawn } from "node:child_process"\nexport const all = [spawn]\n' },
    "packages/trace/src/lib/A.ts:1: this file starts processes"
  ],
  [
    "an unstable Effect module in two files",
    {
      "packages/kernel/src/lib/A.ts":
        'import { ChildProcess } from "effect/process"\nexport const all = [ChildProcess]\n',
      "packages/trace/src/lib/B.ts":
        'import { ChildProcess } from "effect/process"\nexport const all = [ChildProcess]\n'
    },
    "packages/trace/src/lib/B.ts: effect/process is unstable and imported by 2 files: packages/kernel/src/lib/A.ts, packages/trace/src/lib/B.ts"
  ],
  [
    "a package without a row",
    { "packages/queue/package.json": { name: "@signalbox/queue" } },
    "packages/queue: the ladder has no row for this package"
  ],
  [
    "a document without the table",
    { "ARCHITECTURE.md": "# House\n" },
    "ARCHITECTURE.md: the lines <!-- ladder --> and <!-- /ladder --> are missing"
  ],
  [
    "a document with an old table",
    { "ARCHITECTURE.md": "<!-- ladder -->\nold\n<!-- /ladder -->\n" },
    'ARCHITECTURE.md: the section "ladder" is out of date'
  ]
]

describe("the ladder", () => {
  it("finds nothing in a house that keeps it", () => {
    const root = house({
      "packages/machine/src/lib/a.ts": 'import type { Line } from "@signalbox/protocol"\nexport type L = Line\n',
      "packages/agents/src/lib/codex/wire.ts": 'import * as z from "zod"\nexport const A = z.string()\n',
      "packages/kernel/src/lib/A.ts": 'import { spawn } from "node:child_process"\nexport const all = [spawn]\n',
      "packages/kernel/src/lib/B.ts": 'export const text = `import { x } from "@signalbox/trace"`\n',
      "packages/kernel/test/a.test.ts": 'import { codex } from "@signalbox/agents"\nexport const all = [codex]\n'
    })
    expect(lines(checkLadder(root, undefined, table))).toEqual([])
  })

  it.each(rows)("refuses %s", (_rule, files, finding) => {
    expect(lines(checkLadder(house(files), undefined, table))).toEqual([finding])
  })

  it("refuses a row without a package", () => {
    expect(
      lines(
        checkLadder(house(), undefined, [...table, { ...table[0], name: "queue", folder: "packages/queue" } as Rung])
      )
    ).toContain("packages/queue: the ladder's row queue has no package")
  })

  it("does not go on when it cannot read a file", () => {
    const root = house({ "packages/kernel/src/lib/a.ts": "import { from\n" })
    expect(() => checkLadder(root, undefined, table)).toThrow("packages/kernel/src/lib/a.ts cannot be parsed")
  })

  it("writes the table into the document and leaves the rest alone", () => {
    const root = house()
    addFiles(root, { "ARCHITECTURE.md": "# House\n<!-- ladder -->\n<!-- /ladder -->\nThe end.\n" })
    expect(checkLadder(root, { write: true }, table)).toEqual([])
    const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8")
    expect(text).toContain("| 2 | machine | plain | protocol (types only) | – |")
    expect(text).toMatch(/^# House\n[\s\S]*\nThe end\.\n$/)
    expect(checkLadder(root, undefined, table)).toEqual([])
  })
})
