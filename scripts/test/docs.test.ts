import { describe, expect, it } from "vitest"
import { temporaryFolder } from "../../packages/proof/src/index.ts"
import { checkDocs } from "../docs.ts"
import { blocksOf, documentsOf } from "../markdown.ts"
import { projectRoot } from "../workspace.ts"
import { type Files, lines, project, run } from "./fixture.ts"

const fence = "```"
const readme = (extra = "") => `# House\n\n<!-- run -->\n\n${fence}sh\necho built\n${fence}\n${extra}`

/** A workspace with one published package and its documents. */
const house = (files: Files) =>
  project({
    "packages/kernel/package.json": { name: "@signalbox/kernel", type: "module", exports: { ".": "./src/index.ts" } },
    "packages/kernel/src/index.ts": "export const limit: number = 1\n",
    "packages/kernel/README.md": `${fence}ts\nimport { limit } from "@signalbox/kernel"\nexport const two = limit + 1\n${fence}\n`,
    "README.md": readme(),
    ...files
  })

const rows: ReadonlyArray<[rule: string, files: Files, finding: string]> = [
  [
    "an example that does not compile",
    {
      "packages/kernel/README.md": `# Kernel\n\n${fence}ts\nimport { limit } from "@signalbox/kernel"\nexport const two: string = limit\n${fence}\n`
    },
    "packages/kernel/README.md:5: error TS2322: Type 'number' is not assignable to type 'string'."
  ],
  [
    "an example that imports what is not there",
    {
      "README.md": readme(`${fence}ts\nimport { gone } from "@signalbox/kernel"\nexport const all = gone\n${fence}\n`)
    },
    `README.md:9: error TS2305: Module '"@signalbox/kernel"' has no exported member 'gone'.`
  ],
  [
    "a link to nowhere",
    { "README.md": readme("See [this](docs/gone.md).\n") },
    "README.md:8: the link to docs/gone.md leads nowhere"
  ],
  [
    "a document without a command that a test runs",
    { "README.md": "# House\n" },
    "README.md: no command in it is carried out by a test"
  ]
]

describe("the documents", () => {
  it("are accepted when their programs compile and their links lead somewhere", () => {
    expect(
      lines(checkDocs(house({ "CONTRIBUTING.md": "[home](README.md#house), [out](https://example.com)\n" })))
    ).toEqual([])
  })

  it.each(rows)("are refused for %s", (_rule, files, finding) => {
    expect(lines(checkDocs(house(files)))).toEqual([finding])
  })

  it("are refused for a block that is no shell program", () => {
    const [finding = ""] = lines(checkDocs(house({ "README.md": readme(`${fence}sh\nif true; then\n${fence}\n`) })))
    expect(finding).toMatch(/^README\.md:8: no shell program: .*syntax error/)
  })

  it("are refused when a package has none", () => {
    expect(
      lines(checkDocs(project({ "packages/a/package.json": { name: "@signalbox/a" }, "README.md": readme() })))
    ).toEqual(["packages/a/README.md: the file is missing"])
  })
})

const commands = documentsOf(projectRoot)
  .flatMap((file) => blocksOf(projectRoot, file))
  .filter((block) => block.runs)
  .map((block) => ({ ...block, at: `${block.file}:${block.line}` }))

describe("the commands that the documents mark", () => {
  it("are there: the README shows at least one command that works", () => {
    expect(commands.filter((command) => command.file === "README.md")).not.toEqual([])
  })

  it.each(commands)("work as written: $at", ({ text }) => {
    const home = temporaryFolder()
    const { code, output } = run(projectRoot, ["bash", "-euo", "pipefail", "-c", text], { HOME: home })
    expect(output).not.toContain("command not found")
    expect(code, output).toBe(0)
  })
})
