// The hands: processes that are owned, runners that carry many runs, supervisors that keep them.
export { type RunnableAgent, type RunSink } from "./lib/AgentPort.ts"
export { type Counters } from "./lib/counters.ts"
export {
  BreakerOpen,
  DuplicateId,
  EncodeFailed,
  type KernelError,
  kernelErrorCodes,
  QueueFull,
  RunnerClosed,
  SpawnFailed,
  TemporaryFolderFailed,
  WaitTimedOut,
  WriteFailed
} from "./lib/KernelErrors.ts"
export { makeOneShot, type OneShotOrder } from "./lib/OneShot.ts"
export { type OpenRun, type RunAsk } from "./lib/Permits.ts"
export { type Process, type ProcessExit, type ProcessHooks, type ProcessOrder } from "./lib/Process.ts"
export { Processes, type ProcessesConfig } from "./lib/Processes.ts"
export {
  makeRunner,
  type Runner,
  type RunnerHooks,
  type RunnerOrder,
  type RunnerView,
  type RunOrder
} from "./lib/Runner.ts"
export { makeSupervisor, type Supervisor, type SupervisorOrder, type SupervisorView } from "./lib/Supervisor.ts"
