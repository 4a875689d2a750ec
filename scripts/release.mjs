// `npm run release`: builds, checks the packed packages and publishes those whose version is not published yet. pnpm
// publishes, because npm would ignore publishConfig.exports and ship paths to sources.
import { inProject, setUp, step } from "./toolchain.mjs"

setUp()
for (const [program, ...args] of [
  ["node", "scripts/tarball.ts"],
  ["pnpm", "publish", "-r", "--access", "public", ...process.argv.slice(2)]
]) {
  step("release", [program, ...args].join(" "))
  const { status } = inProject(program, args)
  if (status !== 0) process.exit(status ?? 1)
}
