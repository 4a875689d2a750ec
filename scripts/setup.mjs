// `npm run setup`: installs and builds.
import { setUp, step } from "./toolchain.mjs"

setUp()
step("ready", "try: node_modules/.bin/node apps/cli/bin/signalbox.js --help")
