import { defineConfig } from "vitest/config"

// `*.agent.test.ts` needs real agent programs and is run by scripts/test-agents.mjs with its own list of files.
export default defineConfig({
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
      "examples/test/**/*.test.ts",
      "scripts/test/**/*.test.ts"
    ],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.agent.test.ts"],
    setupFiles: ["packages/proof/src/setup.ts"],
    reporters: ["default", "./scripts/test-report.ts"],
    testTimeout: 30_000,
    maxWorkers: 2
  }
})
