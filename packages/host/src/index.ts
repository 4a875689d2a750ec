// The house as one Layer: agents, kernel and trace, composed with one validated configuration.
export { Host, type HostOptions, type HostRun, type HostView } from "./lib/Host.ts"
export {
  AgentUnavailable,
  DuplicateRun,
  HostClosed,
  type HostError,
  hostErrorCodes,
  InvalidRequest,
  Refused,
  TraceFailed,
  UnknownAgent
} from "./lib/HostErrors.ts"
