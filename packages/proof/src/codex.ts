// What tests of the agent tier share: the real Codex's private home and the model without a model.
export { type CodexHome, openCodexHome } from "./lib/codex-home.ts"
export { type ModelStub } from "./lib/model-stub.ts"
