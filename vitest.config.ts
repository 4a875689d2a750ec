import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
      "examples/test/**/*.test.ts",
      "scripts/test/**/*.test.ts"
    ],
    exclude: ["**/node_modules/**", "**/*.agent.test.ts"],
    setupFiles: ["packages/proof/src/setup.ts"],
    testTimeout: 30_000,
    maxWorkers: 2
  }
})
