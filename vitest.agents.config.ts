import { defineConfig } from "vitest/config"

// The tier of real agent programs: `pnpm test:agents` brings them and names this file. One at a time, because each
// test already starts a real agent with its tools.
export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.agent.test.ts", "apps/*/test/**/*.agent.test.ts"],
    setupFiles: ["packages/proof/src/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 1
  }
})
