import { defineConfig } from "tsup"

// JavaScript by tsup; the declarations come from tsc, because tsup cannot write them under TypeScript 7.
export default defineConfig({
  entry: ["src/index.ts", "src/watchdog.ts"],
  format: ["esm"],
  target: "node22",
  platform: "node",
  sourcemap: true,
  clean: true
})
