// Guard "purity": what the packages ship. From each built entry, every module that it reaches inside its package may
// import only what the manifest declares; in a plain package nothing of Node and nothing of Effect, save its named Node
// entry. The compiler guards the sources; this guards the result.
import { existsSync } from "node:fs"
import { isBuiltin } from "node:module"
import { join, normalize } from "node:path"
import { type Finding, main } from "./guard.ts"
import { ladder } from "./ladder-table.ts"
import { moduleOf } from "./modules.ts"
import { type Package, packageOfSpecifier, publishedPackagesOf } from "./workspace.ts"

/** Entries of plain packages that are for Node. */
export const nodeEntries = ["packages/runner/dist/node.js"]

export function checkPurity(root: string): ReadonlyArray<Finding> {
  return publishedPackagesOf(root).flatMap((one) =>
    builtEntries(one).flatMap((entry) => {
      if (existsSync(join(root, entry))) return checkEntry(root, one, entry)
      return [{ where: entry, what: "the entry is not built", mend: "run `npm run check -- build`" }]
    })
  )
}

function builtEntries(one: Package): ReadonlyArray<string> {
  const entries = Object.values(one.manifest.publishConfig?.exports ?? {})
  return entries.flatMap((entry) => (typeof entry === "string" ? [] : [join(one.folder, entry.default)]))
}

function checkEntry(root: string, one: Package, entry: string): ReadonlyArray<Finding> {
  const plain = ladder.find((row) => row.folder === one.folder)?.kind === "plain" && !nodeEntries.includes(entry)
  const declared = Object.keys({ ...one.manifest.dependencies, ...one.manifest.peerDependencies })
  return outsideOf(root, entry).flatMap(({ path, line, specifier }) => {
    const where = `${path}:${line}`
    const name = packageOfSpecifier(specifier)
    const impure = isBuiltin(specifier) || name === "effect" || name.startsWith("@effect/")
    if (plain && impure)
      return [
        {
          where,
          what: `${entry} reaches ${specifier}`,
          mend: "a plain package runs without Node and Effect: hand the deed in as a value"
        }
      ]
    if (isBuiltin(specifier) || declared.includes(name)) return []
    return [{ where, what: `${specifier} is not declared`, mend: "name it in dependencies or peerDependencies" }]
  })
}

interface Outside {
  readonly path: string
  readonly line: number
  readonly specifier: string
}

/** What the entry and the files that it reaches import from elsewhere. */
function outsideOf(root: string, entry: string): ReadonlyArray<Outside> {
  const seen = new Set<string>()
  const found: Array<Outside> = []
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    for (const { specifier, line } of moduleOf(root, path).imports) {
      if (specifier.startsWith(".")) waiting.push(normalize(join(path, "..", specifier)))
      else found.push({ path, line, specifier })
    }
  }
  return found
}

await main(import.meta.url, checkPurity)
