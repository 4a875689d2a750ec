// Who may import whom: one ordered table. A package imports only what its own row names; tests may also import what
// stands on a lower rung. ARCHITECTURE.md shows the same table, written by `npm run check -- ladder --write`.

export interface Rung {
  readonly name: string
  readonly folder: string
  readonly kind: "plain" | "effect" | "dev" | "app" | "private"
  /** Packages of one rung are siblings: they never import each other, not even in tests. */
  readonly rung: number
  readonly imports: ReadonlyArray<string>
  /** Of ours, taken as types only. */
  readonly typesOnly?: ReadonlyArray<string>
  /** What it may use from outside: package names, and `node:` for Node's built-in modules. */
  readonly uses: ReadonlyArray<string>
  /** What only its tests use from outside, beside the test tools. */
  readonly testUses?: ReadonlyArray<string>
}

const everything = ["protocol", "machine", "agents", "runner", "interpreter", "testkit", "kernel", "trace", "host"]

export const ladder: ReadonlyArray<Rung> = [
  { ...row("protocol", "plain", 1, [], ["zod"]), testUses: ["ajv"] },
  { ...row("machine", "plain", 2, ["protocol"], []), typesOnly: ["protocol"] },
  row("agents", "plain", 3, ["protocol", "machine"], ["zod"]),
  row("runner", "plain", 3, ["protocol", "machine"], ["node:"]),
  row("interpreter", "effect", 3, ["machine"], ["effect"]),
  row("testkit", "dev", 4, ["protocol", "machine"], ["node:"]),
  row("kernel", "effect", 5, ["protocol", "machine", "interpreter"], ["effect", "node:"]),
  row("trace", "effect", 5, ["protocol", "machine"], ["effect", "node:"]),
  row("host", "effect", 6, ["protocol", "machine", "agents", "kernel", "trace"], ["effect", "node:"]),
  { ...row("playbook", "app", 7, everything, ["effect", "zod", "node:"]), folder: "apps/playbook" },
  { ...row("signalbox", "app", 8, [...everything, "playbook"], ["effect", "zod", "node:"]), folder: "apps/cli" },
  { ...row("examples", "private", 9, everything, ["node:"]), folder: "examples" },
  {
    ...row("bench", "private", 9, everything, ["effect", "zod", "node:", "vscode-jsonrpc", "@agentclientprotocol/sdk"]),
    folder: "bench"
  }
]

/** Support of the project's own tests: any test may import it, no source. */
export const testSupport = "@signalbox/proof"

/** Test tools that any test may import. */
export const testTools = ["vitest", "fast-check", "@effect/vitest", "effect", "zod", "node:"]

/** The only source files that start processes or load such a module. A new place is a decision, not an accident. */
export const spawners = [
  "packages/kernel/src/",
  "packages/testkit/src/lib/scripted/fork.ts",
  "packages/proof/src/",
  "bench/",
  "apps/"
]

/** `import { z }` bundles three times as much as the namespace; only these files may import zod at all. */
export const zodFiles = [/^packages\/protocol\/src\//, /^packages\/agents\/src\/.*\/?wire\.ts$/, /^apps\//, /^bench\//]

function row(
  name: string,
  kind: Rung["kind"],
  rung: number,
  imports: ReadonlyArray<string>,
  uses: ReadonlyArray<string>
): Rung {
  return { name, kind, rung, imports, uses, folder: `packages/${name}` }
}
