// Guard "tarball": packs every published package as a release would, looks into each tarball, and installs all of them in
// a project outside the workspace that imports and compiles every entry and starts the `signalbox` program.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Finding, main } from "./guard.ts"
import { projectEnvironment } from "./toolchain.mjs"
import { type Manifest, type Package, projectRoot, publishedPackagesOf } from "./workspace.ts"

/** A packed package: the manifest is the one inside the tarball, which pnpm has rewritten. */
export interface Packed {
  readonly tarball: string
  readonly manifest: Manifest
}

export function checkTarballs(root: string): ReadonlyArray<Finding> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-tarball-"))
  try {
    const built = run(root, ["turbo", "run", "build", "--output-logs=errors-only"])
    if (built.failed) return [{ where: "build", what: built.output, mend: "run `npm run check -- build`" }]
    const packed = publishedPackagesOf(root).map((one) => pack(root, one, folder))
    const broken = packed.flatMap(checkPacked)
    return broken.length > 0 ? broken : checkConsumer(packed, join(folder, "consumer"))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Packs one package with pnpm into the folder; throws when that fails, because nothing can be said about it then. */
export function pack(root: string, one: Package, folder: string): Packed {
  const result = run(join(root, one.folder), ["pnpm", "pack", "--json", "--pack-destination", folder])
  if (result.failed) throw new Error(`${one.folder} cannot be packed:\n${result.output}`)
  const { filename } = JSON.parse(result.stdout) as { readonly filename: string }
  return packedAt(filename)
}

export function packedAt(tarball: string): Packed {
  return { tarball, manifest: JSON.parse(fileOf(tarball, "package.json")) as Manifest }
}

/** Looks into one tarball: its manifest, publint, and whether every kind of consumer finds the types. */
export function checkPacked(packed: Packed): ReadonlyArray<Finding> {
  const where = `${packed.manifest.name} (packed)`
  const tools = [["publint", "run", packed.tarball, "--strict"]]
  if (entriesOf(packed.manifest).length > 0) tools.push(["attw", packed.tarball, "--profile", "esm-only"])
  return [
    ...checkManifest(packed, where),
    ...tools.flatMap((command) => {
      const result = run(projectRoot, command)
      return result.failed
        ? [{ where, what: `${command[0]} says:\n${result.output}`, mend: "mend the package.json" }]
        : []
    })
  ]
}

function checkManifest({ manifest, tarball }: Packed, where: string): ReadonlyArray<Finding> {
  const text = fileOf(tarball, "package.json")
  const files = run(projectRoot, ["tar", "-tzf", tarball]).stdout.split("\n")
  const sources = JSON.stringify(manifest.exports ?? {}).includes("/src/")
  const local = /"(workspace|catalog|file|link):[^"]*"/.exec(text)?.[0]
  const mendPack = "pack and publish with pnpm; npm leaves publishConfig.exports and these ranges as they are"
  const missing = ["README.md", "LICENSE"].filter((name) => !files.includes(`package/${name}`))
  return [
    ...(sources ? [{ where, what: "its exports name sources", mend: mendPack }] : []),
    ...(local === undefined ? [] : [{ where, what: `its manifest holds the range ${local}`, mend: mendPack }]),
    ...missing.map((name) => ({ where, what: `it has no ${name}`, mend: "write it; `files` in package.json names it" }))
  ]
}

/** Installs the tarballs in a project of their own and uses every entry as a user would. */
export function checkConsumer(packed: ReadonlyArray<Packed>, folder: string): ReadonlyArray<Finding> {
  const entries = packed.flatMap(({ manifest }) => entriesOf(manifest).map((entry) => join(manifest.name, entry)))
  writeConsumer(packed, entries, folder)
  const install = run(folder, ["pnpm", "install", "--offline", "--reporter=append-only"])
  if (install.failed)
    return [{ where: "a consumer", what: `pnpm install says:\n${install.output}`, mend: "mend the dependencies" }]
  return [
    ...use(folder, ["node", "import.mjs"], "every entry is imported"),
    ...use(
      folder,
      ["tsc", "-p", "tsconfig.json"],
      "every entry is compiled, with the declarations of libraries checked"
    ),
    ...packed.flatMap(({ manifest }) => checkPrograms(folder, manifest))
  ]
}

function writeConsumer(packed: ReadonlyArray<Packed>, entries: ReadonlyArray<string>, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const ours = Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), `${text}\n`)
  write("package.json", JSON.stringify({ private: true, type: "module", dependencies: { ...ours, ...installed() } }))
  write(
    "pnpm-workspace.yaml",
    ["overrides:", ...Object.entries(ours).map(([name, at]) => `  "${name}": "${at}"`)].join("\n")
  )
  write("import.mjs", entries.map((entry) => `await import("${entry}")`).join("\n"))
  write("import.ts", entries.map((entry, index) => `export * as entry${index} from "${entry}"`).join("\n"))
  write("tsconfig.json", JSON.stringify({ compilerOptions: consumerOptions, files: ["import.ts"] }))
}

/** DOM because the declarations of effect name the types of Web Cryptography. */
const consumerOptions = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2024", "esnext.disposable", "dom"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false
}

/** Each program of the package says its own version. */
function checkPrograms(folder: string, manifest: Manifest): ReadonlyArray<Finding> {
  return Object.keys(manifest.bin ?? {}).flatMap((name) => {
    const program = join("node_modules", ".bin", name)
    const result = run(folder, [program, "--version"])
    if (!result.failed && result.stdout.includes(manifest.version ?? "?")) return []
    const what = `\`${name} --version\` does not say ${manifest.version}:\n${result.output}`
    return [{ where: manifest.name, what, mend: "the built program must start outside the workspace" }]
  })
}

function use(folder: string, command: ReadonlyArray<string>, fact: string): ReadonlyArray<Finding> {
  const result = run(folder, command)
  const mend = "what an entry needs stands in dependencies, peerDependencies or its own dist"
  return result.failed ? [{ where: "a consumer", what: `not so: ${fact}:\n${result.output}`, mend }] : []
}

/** `.`, `./config` …: the entries that can be imported. */
function entriesOf(manifest: Manifest): ReadonlyArray<string> {
  return Object.keys(manifest.exports ?? {}).filter((entry) => !entry.endsWith(".json"))
}

function fileOf(tarball: string, path: string): string {
  const result = run(projectRoot, ["tar", "-xOzf", tarball, `package/${path}`])
  if (result.failed) throw new Error(`${tarball} holds no ${path}: ${result.output}`)
  return result.stdout
}

/** effect, zod and the types of Node as this workspace has them: a consumer needs no registry. */
function installed(): Readonly<Record<string, string>> {
  const at = (path: string) => realpathSync(join(projectRoot, path))
  return {
    effect: `file:${at("packages/kernel/node_modules/effect")}`,
    zod: `file:${at("packages/protocol/node_modules/zod")}`,
    "@types/node": `link:${at("node_modules/@types/node")}`
  }
}

function run(cwd: string, [program = "", ...args]: ReadonlyArray<string>) {
  const environment = { ...projectEnvironment(), CI: "true", NO_COLOR: "1", FORCE_COLOR: "0" }
  const done = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    env: environment,
    maxBuffer: 2 ** 26
  })
  const output = done.error === undefined ? `${done.stdout}${done.stderr}`.trim() : `${program} could not be started`
  return { failed: done.status !== 0, stdout: done.stdout ?? "", output }
}

await main(import.meta.url, checkTarballs)
