// Guard "changesets": each published package was released, or a changeset says in one sentence what its users get.
import { existsSync, globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Finding, main } from "./guard.ts"
import { publishedPackagesOf } from "./workspace.ts"

const mend = "run `npm run changeset` and write one sentence to the package's users"

export function checkChangesets(root: string): ReadonlyArray<Finding> {
  const packages = publishedPackagesOf(root)
  const changesets = readChangesets(root)
  const announced = new Set(changesets.flatMap((one) => one.names))
  const silent = packages.filter((one) => !announced.has(one.manifest.name) && !wasReleased(root, one.folder))
  return [
    ...silent.map((one) => ({ where: one.folder, what: "no changeset names it, and it was never released", mend })),
    ...changesets.flatMap((one) =>
      checkOne(
        one,
        packages.map((each) => each.manifest.name)
      )
    )
  ]
}

interface Changeset {
  readonly file: string
  readonly names: ReadonlyArray<string>
  readonly sentence: string
}

function readChangesets(root: string): ReadonlyArray<Changeset> {
  return globSync(".changeset/*.md", { cwd: root })
    .filter((file) => !file.endsWith("README.md"))
    .toSorted()
    .map((file) => {
      const [, front = "", sentence = ""] = readFileSync(join(root, file), "utf8").split(/^---$/m)
      return {
        file,
        names: [...front.matchAll(/^"?([^":\n]+)"?:/gm)].map((match) => match[1] ?? ""),
        sentence: sentence.trim()
      }
    })
}

function checkOne(one: Changeset, known: ReadonlyArray<string>): ReadonlyArray<Finding> {
  const unknown = one.names.filter((name) => !known.includes(name))
  return [
    ...unknown.map((name) => ({
      where: one.file,
      what: `there is no published package ${name}`,
      mend: "correct the name"
    })),
    ...(/^\S[\s\S]*\.$/.test(one.sentence) ? [] : [{ where: one.file, what: "it holds no sentence", mend }])
  ]
}

function wasReleased(root: string, folder: string): boolean {
  return existsSync(join(root, folder, "CHANGELOG.md"))
}

await main(import.meta.url, checkChangesets)
