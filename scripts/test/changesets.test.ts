import { describe, expect, it } from "vitest"
import { checkChangesets } from "../changesets.ts"
import { type Files, lines, project } from "./fixture.ts"

const house = (files: Files) =>
  project({
    "packages/kernel/package.json": { name: "@signalbox/kernel" },
    "packages/proof/package.json": { name: "@signalbox/proof", private: true },
    ...files
  })

describe("the changesets", () => {
  it("are enough when a sentence names the package, or when it was released", () => {
    const told = { ".changeset/first.md": '---\n"@signalbox/kernel": minor\n---\n\nRunners restart by themselves.\n' }
    expect(lines(checkChangesets(house(told)))).toEqual([])
    expect(lines(checkChangesets(house({ "packages/kernel/CHANGELOG.md": "# 1.0.0\n" })))).toEqual([])
  })

  it("are missing for a published package that nothing names", () => {
    expect(lines(checkChangesets(house({})))).toEqual([
      "packages/kernel: no changeset names it, and it was never released"
    ])
  })

  it("are refused without a sentence or with a name that does not exist", () => {
    const files = {
      ".changeset/first.md": '---\n"@signalbox/kernel": minor\n---\n\n',
      ".changeset/second.md": '---\n"@signalbox/queue": minor\n---\n\nThere is a queue.\n'
    }
    expect(lines(checkChangesets(house(files)))).toEqual([
      ".changeset/first.md: it holds no sentence",
      ".changeset/second.md: there is no published package @signalbox/queue"
    ])
  })
})
