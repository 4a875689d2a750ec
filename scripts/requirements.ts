// Guard "requirements": every requirement of docs/requirements is cited by a test that ran and passed in the last full
// `npm test`, or was replaced by a promise that is. A test cites ids in square brackets at the end of its title. Writes
// the table docs/requirements/README.md.
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { type Finding, main, type Settings } from "./guard.ts"
import { generatedFile } from "./section.ts"
import type { ReportedTest, TestReport } from "./test-report.ts"

const folder = "docs/requirements"
export const reportFile = ".cache/test-report.json"

interface RequirementFile {
  readonly title: string
  readonly source: string
  readonly requirements: ReadonlyArray<{ readonly id: string; readonly summary: string }>
}

interface Replacement {
  readonly id: string
  readonly by: string
  readonly because: string
}

interface Sheet {
  readonly groups: ReadonlyArray<RequirementFile>
  readonly replaced: ReadonlyMap<string, Replacement>
  /** The files whose passed tests cite an id. */
  readonly proofs: ReadonlyMap<string, ReadonlyArray<string>>
}

export function checkRequirements(root: string, settings: Settings = { write: false }): ReadonlyArray<Finding> {
  const report = readReport(root)
  if (report === undefined) return [stale(reportFile, "no report of a full test run")]
  const groups = ["s0", "w0", "wx"].map((name) => readJson<RequirementFile>(root, `${folder}/${name}.json`))
  const replacements = readJson<ReadonlyArray<Replacement>>(root, `${folder}/replaced.json`)
  const sheet: Sheet = {
    groups,
    replaced: new Map(replacements.map((one) => [one.id, one])),
    proofs: proofsOf(report.tests)
  }
  const problems = [
    ...checkFresh(root, report),
    ...checkCitations(report.tests, idsOf(groups)),
    ...checkReplacements(sheet),
    ...checkProofs(sheet)
  ]
  const mend = "run `npm run check -- requirements --write` after `npm test`"
  return [...problems, ...generatedFile(root, `${folder}/README.md`, requirementTable(sheet), { ...settings, mend })]
}

/** The ids in the brackets at the end of a title; what stands behind them in parentheses is a reason for skipping. */
export function citedIds(title: string): ReadonlyArray<string> {
  const inBrackets = /\[([A-Z][A-Z0-9]*-\d+(?: [A-Z][A-Z0-9]*-\d+)*)\](?: \(skipped: [^)]*\))?$/.exec(title)?.[1]
  return inBrackets?.split(" ") ?? []
}

/** The whole list as Markdown: each id, what it says, and the test files that verify it. */
function requirementTable({ groups, replaced, proofs }: Sheet): string {
  const tables = groups.map(({ title, source, requirements }) => {
    const rows = requirements.map(({ id, summary }) => {
      const instead = replaced.get(id)
      const files = (proofs.get(id) ?? []).map((file) => `\`${file}\``).join("<br>")
      const replacement = instead === undefined ? "" : `replaced by ${instead.by}: ${instead.because}`
      return `| ${id} | ${summary} | ${[replacement, files].filter((part) => part !== "").join("<br>") || "–"} |`
    })
    return [
      `## ${title}`,
      "",
      `${source[0]?.toUpperCase()}${source.slice(1)}.`,
      "",
      "| id | requirement | verified by |",
      "| --- | --- | --- |",
      ...rows
    ].join("\n")
  })
  const head = [
    "# Requirements",
    "",
    "Each row is cited, in square brackets at the end of a title, by a test that passed in the last full run; or a promise",
    "stands in its place. This page is written by `npm run check -- requirements --write`."
  ]
  return `${[head.join("\n"), ...tables].join("\n\n")}\n`
}

function proofsOf(tests: ReadonlyArray<ReportedTest>): ReadonlyMap<string, ReadonlyArray<string>> {
  const pairs = tests
    .filter((test) => test.state === "passed")
    .flatMap((test) => citedIds(test.title).map((id) => ({ id, file: test.file })))
  const grouped = [...Map.groupBy(pairs, (pair) => pair.id)]
  return new Map(grouped.map(([id, all]) => [id, [...new Set(all.map((pair) => pair.file))].toSorted()]))
}

function checkCitations(tests: ReadonlyArray<ReportedTest>, known: ReadonlySet<string>): ReadonlyArray<Finding> {
  return tests.flatMap((test) => {
    const where = `${test.file} > ${test.title}`
    const cited = citedIds(test.title)
    const unknown = cited
      .filter((id) => !known.has(id))
      .map((id) => ({
        where,
        what: `cites ${id}, which is no requirement`,
        mend: `correct the id, or add it to ${folder}`
      }))
    const loose = (test.title.match(/\b[SW][0-9X]+-\d+\b/g) ?? [])
      .filter((id) => !cited.includes(id))
      .map((id) => ({
        where,
        what: `mentions ${id} outside the brackets at its end`,
        mend: "write [S0-01 W0-02] as the last characters of the test's own title, ids separated by one space"
      }))
    return [...unknown, ...loose]
  })
}

function checkReplacements({ groups, replaced }: Sheet): ReadonlyArray<Finding> {
  const known = idsOf(groups)
  const where = `${folder}/replaced.json`
  return [...replaced.values()].flatMap(({ id, by, because }) => [
    ...[id, by]
      .filter((one) => !known.has(one))
      .map((one) => ({ where, what: `there is no ${one}`, mend: "correct the id" })),
    ...(replaced.has(by)
      ? [{ where, what: `${by}, which replaces ${id}, is replaced itself`, mend: "name the last promise" }]
      : []),
    ...(because === "" ? [{ where, what: `${id} is replaced without a reason`, mend: "say why" }] : [])
  ])
}

function checkProofs({ groups, replaced, proofs }: Sheet): ReadonlyArray<Finding> {
  return groups.flatMap((group) =>
    group.requirements.flatMap(({ id, summary }) => {
      const proof = replaced.get(id)?.by ?? id
      if (proofs.has(id) || proofs.has(proof)) return []
      const mend = "write the test, or cite the id at the end of the title of the passing test that verifies it"
      const through = proof === id ? "" : ` (nor ${proof}, which replaces it)`
      return [{ where: id, what: `no passed test cites it${through}: ${summary}`, mend }]
    })
  )
}

/** A report proves nothing about a test file that is newer, or that did not load. */
function checkFresh(root: string, report: TestReport): ReadonlyArray<Finding> {
  const at = Date.parse(report.at)
  const seen = new Set(report.tests.map((test) => test.file))
  return globSync(["{packages,apps}/*/test/**/*.test.ts", "examples/test/**/*.test.ts", "scripts/test/**/*.test.ts"], {
    cwd: root
  })
    .filter((file) => !file.includes("node_modules") && !file.endsWith(".agent.test.ts"))
    .flatMap((file) => {
      if (!seen.has(file)) return [stale(file, "the last full run has no test of this file")]
      return statSync(join(root, file)).mtimeMs > at ? [stale(file, "the file is newer than the last full run")] : []
    })
}

function stale(where: string, what: string): Finding {
  return { where, what, mend: "run `npm test` (all of it) first" }
}

function idsOf(groups: ReadonlyArray<RequirementFile>): ReadonlySet<string> {
  return new Set(groups.flatMap((group) => group.requirements.map((one) => one.id)))
}

function readReport(root: string): TestReport | undefined {
  return existsSync(join(root, reportFile)) ? readJson<TestReport>(root, reportFile) : undefined
}

function readJson<T>(root: string, file: string): T {
  return JSON.parse(readFileSync(join(root, file), "utf8")) as T
}

await main(import.meta.url, checkRequirements)
