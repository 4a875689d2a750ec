// What the guards know about the repository: its packages, their manifests and their source files.
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** The part of a package.json that the guards read. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string>>
  readonly publishConfig?: {
    readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  /** Relative to the root, with forward slashes: `packages/protocol`. */
  readonly folder: string
  readonly manifest: Manifest
}

/** Every package of the workspace, in the order of their folders. */
export function packagesOf(root: string): ReadonlyArray<Package> {
  return globSync(["packages/*/package.json", "apps/*/package.json", "examples/package.json", "bench/package.json"], {
    cwd: root
  })
    .toSorted()
    .map((path) => ({
      folder: dirname(path),
      manifest: JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest
    }))
}

/** Packages that are published, in the order of their folders. */
export function publishedPackagesOf(root: string): ReadonlyArray<Package> {
  return packagesOf(root).filter((one) => one.manifest.private !== true)
}

/** The .ts files under a folder, relative to the root, without what is built, recorded or installed. */
export function typescriptFiles(root: string, folder: string): ReadonlyArray<string> {
  if (!existsSync(join(root, folder))) return []
  const ignored = new Set(["node_modules", "dist", ".turbo"])
  return globSync("**/*.ts", { cwd: join(root, folder), exclude: (name) => ignored.has(name) })
    .filter((path) => !path.endsWith(".d.ts") && statSync(join(root, folder, path)).isFile())
    .map((path) => join(folder, path))
    .toSorted()
}

export function readText(root: string, path: string): string {
  return readFileSync(join(root, path), "utf8")
}

/** `@signalbox/protocol/config` and `effect/Effect` name the packages `@signalbox/protocol` and `effect`. */
export function packageOfSpecifier(specifier: string): string {
  const parts = specifier.split("/")
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
}

export function fromRoot(root: string, path: string): string {
  return relative(root, path)
}
