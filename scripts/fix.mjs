// `npm run fix`: formats every file and lets oxlint mend what it can.
import { inProject, setUp } from "./toolchain.mjs"

setUp({ build: false })
const codes = [inProject("oxlint", ["--fix"]).status, inProject("biome", ["format", "--write", "."]).status]
process.exitCode = codes.every((code) => code === 0) ? 0 : 1
