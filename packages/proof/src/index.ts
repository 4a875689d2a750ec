// What the project's own tests share. A test cites the requirements that it verifies in square brackets at the end of
// its title, for example: it("starts one process for many first requests [S0-02 W0-10]", ...).
export { fakeClock } from "./lib/fake-clock.ts"
export { needs } from "./lib/needs.ts"
export { isAlive, pidsWithCookie } from "./lib/processes.ts"
export { rounds, tier } from "./lib/rounds.ts"
export { temporaryFolder } from "./lib/temporary-folder.ts"
export { until } from "./lib/until.ts"
