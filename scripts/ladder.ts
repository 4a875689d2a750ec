// Guard "ladder": imports go one way. Compares every manifest and every import statement with the table in
// ladder-table.ts, and the table in ARCHITECTURE.md with it.
import { isBuiltin } from "node:module"
import { join, normalize } from "node:path"
import { type Finding, main, type Settings } from "./guard.ts"
import { ladder, type Rung, spawners, testSupport, testTools, zodFiles } from "./ladder-table.ts"
import { type ImportOf, type ModuleOf, moduleOf } from "./modules.ts"
import { generatedSection } from "./section.ts"
import { type Manifest, packageOfSpecifier, packagesOf, typescriptFiles } from "./workspace.ts"

const tableMend =
  "import only what the table in scripts/ladder-table.ts allows; where two siblings meet, they meet in host or in an app"

export function checkLadder(
  root: string,
  settings: Settings = { write: false },
  table: ReadonlyArray<Rung> = ladder
): ReadonlyArray<Finding> {
  const modules = table.flatMap((row) => modulesOf(root, row).map((module) => ({ row, module })))
  return [
    ...checkRows(root, table),
    ...checkManifests(root, table),
    ...modules.flatMap(({ row, module }) => checkModule(row, module, table)),
    ...checkUnstable(modules.map(({ module }) => module)),
    ...generatedSection(
      root,
      { file: "ARCHITECTURE.md", name: "ladder", guard: "ladder" },
      ladderTable(table),
      settings
    )
  ]
}

/** The table as Markdown, lowest rung first. */
export function ladderTable(table: ReadonlyArray<Rung>): string {
  const rows = table.map((row) => {
    const imports = row.imports.map((name) => (row.typesOnly?.includes(name) ? `${name} (types only)` : name))
    return `| ${row.rung} | ${row.name} | ${row.kind} | ${imports.join(", ") || "–"} | ${row.uses.map(shownUse).join(", ") || "–"} |`
  })
  return ["| rung | package | kind | imports | from outside |", "| --- | --- | --- | --- | --- |", ...rows].join("\n")
}

function shownUse(name: string): string {
  return name === "node:" ? "Node" : name
}

function modulesOf(root: string, row: Rung): ReadonlyArray<ModuleOf> {
  return typescriptFiles(root, row.folder)
    .filter((path) => !path.endsWith(".config.ts"))
    .map((path) => moduleOf(root, path))
}

function checkRows(root: string, table: ReadonlyArray<Rung>): ReadonlyArray<Finding> {
  const folders = packagesOf(root).map((one) => one.folder)
  const mend =
    "give the package a row in scripts/ladder-table.ts (or remove the row), then run `npm run check -- ladder --write`"
  const missing = folders.filter((folder) => folder !== "packages/proof" && !table.some((row) => row.folder === folder))
  const left = table.filter((row) => !folders.includes(row.folder))
  return [
    ...missing.map((where) => ({ where, what: "the ladder has no row for this package", mend })),
    ...left.map((row) => ({ where: row.folder, what: `the ladder's row ${row.name} has no package`, mend }))
  ]
}

function checkManifests(root: string, table: ReadonlyArray<Rung>): ReadonlyArray<Finding> {
  return packagesOf(root).flatMap(({ folder, manifest }) => {
    const row = table.find((one) => one.folder === folder)
    if (row === undefined) return []
    const where = `${folder}/package.json`
    const refused = (field: string, name: string) => ({
      where,
      what: `${field} names ${name}, which ${row.name} may not import`,
      mend: tableMend
    })
    const runtime = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    const tests = Object.keys(manifest.devDependencies ?? {}).filter((name) => isOurs(name, table))
    return [
      ...runtime.filter((name) => !maySource(row, name, table)).map((name) => refused("dependencies", name)),
      ...tests.filter((name) => !mayTest(row, name, table)).map((name) => refused("devDependencies", name)),
      ...checkPeers(where, row, manifest)
    ]
  })
}

/** effect and zod must exist once in a program: a published package takes them from its user. */
function checkPeers(where: string, row: Rung, manifest: Manifest): ReadonlyArray<Finding> {
  if (row.kind === "app" || row.kind === "private") return []
  return ["effect", "zod"]
    .filter((name) => manifest.dependencies?.[name] !== undefined)
    .map((name) => ({
      where,
      what: `${name} stands in dependencies: a second copy of it would break its users`,
      mend: "make it a peerDependency, and a devDependency with `catalog:`"
    }))
}

function checkModule(row: Rung, module: ModuleOf, table: ReadonlyArray<Rung>): ReadonlyArray<Finding> {
  const isTest = isTestOf(row, module.path)
  return module.imports.flatMap((one) => {
    const where = `${module.path}:${one.line}`
    if (one.specifier.startsWith(".")) return checkRelative(row, module, one)
    const allowed = isTest ? mayTest(row, one.specifier, table) : maySource(row, one.specifier, table)
    return [
      ...(allowed ? [] : [{ where, what: `${row.name} may not import ${one.specifier}`, mend: tableMend }]),
      ...(isTest ? [] : checkTypesOnly(row, one, where)),
      ...checkZod(module, one, isTest),
      ...(isTest ? [] : checkSpawning(module, one))
    ]
  })
}

/** Everything beside `src` supports tests; examples and the bench are programs, whose tests stand in `test`. */
function isTestOf(row: Rung, path: string): boolean {
  return row.kind === "private" ? path.startsWith(`${row.folder}/test/`) : !path.startsWith(`${row.folder}/src/`)
}

function checkRelative(row: Rung, module: ModuleOf, one: ImportOf): ReadonlyArray<Finding> {
  const target = normalize(join(module.path, "..", one.specifier))
  if (target.startsWith(`${row.folder}/`)) return []
  const what = `${one.specifier} leaves the package`
  return [{ where: `${module.path}:${one.line}`, what, mend: "import another package by its name" }]
}

function checkTypesOnly(row: Rung, one: ImportOf, where: string): ReadonlyArray<Finding> {
  const restricted = row.typesOnly?.some((name) => scoped(name) === packageOfSpecifier(one.specifier)) ?? false
  if (!restricted || one.typeOnly) return []
  return [{ where, what: `${row.name} takes only types of ${one.specifier}`, mend: "write `import type`" }]
}

function checkZod(module: ModuleOf, one: ImportOf, isTest: boolean): ReadonlyArray<Finding> {
  if (packageOfSpecifier(one.specifier) !== "zod") return []
  const where = `${module.path}:${one.line}`
  const mend = 'write `import * as z from "zod"`: the named form bundles three times as much'
  if (one.form !== "namespace" && !one.typeOnly) return [{ where, what: "zod is imported by name", mend }]
  if (isTest || zodFiles.some((pattern) => pattern.test(module.path))) return []
  return [
    { where, what: "zod outside protocol and agents/**/wire.ts", mend: "take a plain value; decode at the boundary" }
  ]
}

function checkSpawning(module: ModuleOf, one: ImportOf): ReadonlyArray<Finding> {
  if (one.typeOnly || !/^(node:)?child_process$/.test(one.specifier)) return []
  if (spawners.some((place) => module.path.startsWith(place))) return []
  const mend = "only kernel starts processes: take a port, or use kernel from the app"
  return [{ where: `${module.path}:${one.line}`, what: "this file starts processes", mend }]
}

/** Effect calls the modules in its lower-case folders unstable: each is imported by one source file, so that a change of it is met once. */
function checkUnstable(modules: ReadonlyArray<ModuleOf>): ReadonlyArray<Finding> {
  const uses = modules
    .filter((module) => module.path.includes("/src/"))
    .flatMap((module) => module.imports.map((one) => ({ module, one })))
    .filter(({ one }) => /^effect\/[a-z]/.test(one.specifier))
  return [...Map.groupBy(uses, ({ one }) => one.specifier)].flatMap(([specifier, all]) => {
    const files = [...new Set(all.map(({ module }) => module.path))]
    if (files.length < 2) return []
    const what = `${specifier} is unstable and imported by ${files.length} files: ${files.join(", ")}`
    return [
      {
        where: files[1] ?? specifier,
        what,
        mend: "import an unstable Effect module in one file and pass on what it gives"
      }
    ]
  })
}

function maySource(row: Rung, specifier: string, table: ReadonlyArray<Rung>): boolean {
  const name = packageOfSpecifier(specifier)
  if (isOurs(name, table)) return row.imports.some((one) => scoped(one) === name)
  return usable(row.uses, specifier)
}

function mayTest(row: Rung, specifier: string, table: ReadonlyArray<Rung>): boolean {
  const name = packageOfSpecifier(specifier)
  if (name === testSupport) return true
  const other = table.find((one) => scoped(one.name) === name)
  if (other === undefined)
    return !name.startsWith("@signalbox/") && usable([...row.uses, ...(row.testUses ?? []), ...testTools], specifier)
  return other === row || other.rung < row.rung
}

function usable(uses: ReadonlyArray<string>, specifier: string): boolean {
  if (specifier.startsWith("node:")) return uses.includes("node:")
  if (isBuiltin(specifier)) return false
  return uses.includes(packageOfSpecifier(specifier))
}

function isOurs(name: string, table: ReadonlyArray<Rung>): boolean {
  return name.startsWith("@signalbox/") || table.some((row) => scoped(row.name) === name)
}

function scoped(name: string): string {
  return name === "signalbox" ? name : `@signalbox/${name}`
}

await main(import.meta.url, checkLadder)
