// Guard "shape": where things stand and what they are called. No drawer folders, files named by what they are, entries
// that only pass on explicit names, one vocabulary in public names, no current time taken by `new Date()`.
import { existsSync } from "node:fs"
import { basename, join } from "node:path"
import { Visitor, parseSync } from "oxc-parser"
import { type Finding, main } from "./guard.ts"
import { ladder } from "./ladder-table.ts"
import { moduleOf } from "./modules.ts"
import { type Package, packagesOf, readText, typescriptFiles } from "./workspace.ts"

/** Names of folders and files that say nothing about what is in them. */
export const drawers = ["utils", "util", "common", "helpers", "helper", "shared", "misc", "types", "tools"]

/** Words for which ARCHITECTURE.md has another one, and abbreviations [WX-02]. They may not stand in a public name. */
export const synonyms: Readonly<Record<string, string>> = {
  job: "run",
  task: "run or work item",
  execution: "run",
  invocation: "run",
  worker: "runner",
  slot: "permit",
  pod: "session controller",
  conversation: "session",
  provider: "agent",
  backend: "agent",
  tenant: "principal",
  msg: "message",
  req: "request",
  res: "response",
  cfg: "config",
  opts: "options",
  ctx: "context",
  util: "what it does",
  helper: "what it does",
  manager: "what it owns"
}

/** Entries that are more than a list of names: where a plain package meets the platform, in one small file. */
const platformEntries = ["packages/runner/src/node.ts"]

export function checkShape(root: string): ReadonlyArray<Finding> {
  return packagesOf(root).flatMap((one) => [
    ...checkFolders(root, one),
    ...checkFileNames(root, one),
    ...checkStars(root, one),
    ...checkEntries(root, one),
    ...checkNow(root, one)
  ])
}

function checkFolders(root: string, one: Package): ReadonlyArray<Finding> {
  const mend = "name the folder or the file after what is in it"
  const inDrawer = (path: string) => parts(path).some((part) => drawers.includes(part.replace(/\.ts$/, "")))
  return typescriptFiles(root, one.folder)
    .filter((path) => inDrawer(path.slice(one.folder.length + 1)))
    .map((where) => ({ where, what: "stands in a drawer", mend }))
}

function checkFileNames(root: string, one: Package): ReadonlyArray<Finding> {
  const mend = "kebab-case.ts for plain TypeScript, PascalCase.ts for an Effect module"
  return sources(root, one)
    .filter((path) => !/^([a-z][a-z0-9]*(-[a-z0-9]+)*|([A-Z][a-z0-9]*)+)\.ts$/.test(basename(path)))
    .map((where) => ({ where, what: "the file's name is neither kebab-case nor PascalCase", mend }))
}

function checkStars(root: string, one: Package): ReadonlyArray<Finding> {
  return sources(root, one).flatMap((path) =>
    moduleOf(root, path)
      .imports.filter((each) => each.form === "all")
      .map((each) => ({
        where: `${path}:${each.line}`,
        what: `export * from "${each.specifier}"`,
        mend: "name what is exported: the public surface is a list that can be read aloud"
      }))
  )
}

function checkEntries(root: string, one: Package): ReadonlyArray<Finding> {
  const entries = Object.values(one.manifest.exports ?? {}).filter((path) => path.endsWith(".ts"))
  return entries.flatMap((entry) => {
    const path = join(one.folder, entry)
    const missing = "the entry of exports does not exist"
    if (!existsSync(join(root, path)))
      return [{ where: path, what: missing, mend: "write it, or take it out of exports" }]
    return checkEntry(root, path)
  })
}

function checkEntry(root: string, path: string): ReadonlyArray<Finding> {
  const module = moduleOf(root, path)
  const bodied = {
    where: path,
    what: "an entry declares something itself",
    mend: "an entry only passes on explicit names of src/lib"
  }
  const foreign = module.exports
    .filter((each) => each.from !== undefined && !each.from.startsWith("."))
    .map((each) => ({
      where: `${path}:${each.line}`,
      what: `${each.name} belongs to ${each.from}`,
      mend: "users import it from the package that owns it"
    }))
  const named = module.exports.flatMap((each) => {
    const word = wordsOf(each.name).find((part) => Object.hasOwn(synonyms, part))
    if (word === undefined) return []
    const what = `the public name ${each.name} says "${word}"`
    return [
      { where: `${path}:${each.line}`, what, mend: `the word is: ${synonyms[word]} (see the words in ARCHITECTURE.md)` }
    ]
  })
  return [...(module.hasBody && !platformEntries.includes(path) ? [bodied] : []), ...foreign, ...named]
}

/** `new Date()` and `Date()` read the clock without a word that the linter could forbid; `new Date(ms)` is a conversion. */
function checkNow(root: string, one: Package): ReadonlyArray<Finding> {
  const kind = ladder.find((row) => row.folder === one.folder)?.kind
  if (kind !== "effect" && kind !== "plain") return []
  return sources(root, one).flatMap((path) => {
    const text = readText(root, path)
    const found: Array<Finding> = []
    const look = (node: {
      readonly callee: object
      readonly arguments: ReadonlyArray<unknown>
      readonly start: number
    }) => {
      if (!("name" in node.callee) || node.callee.name !== "Date" || node.arguments.length > 0) return
      const where = `${path}:${text.slice(0, node.start).split("\n").length}`
      found.push({
        where,
        what: "reads the clock by Date()",
        mend: "take the time from Effect's Clock, or as an input"
      })
    }
    new Visitor({ NewExpression: look, CallExpression: look }).visit(parseSync(path, text).program)
    return found
  })
}

function sources(root: string, one: Package): ReadonlyArray<string> {
  return typescriptFiles(root, join(one.folder, "src"))
}

function parts(path: string): ReadonlyArray<string> {
  return path.split("/")
}

/** `makeRunJob` has the words make, run and job; a plural counts as its singular. */
function wordsOf(name: string): ReadonlyArray<string> {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").split(/[\s_$]+/)
  return words.map((word) => word.toLowerCase()).flatMap((word) => [word, word.replace(/s$/, "")])
}

await main(import.meta.url, checkShape)
