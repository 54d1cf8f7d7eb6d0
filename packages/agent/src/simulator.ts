/** What the simulator needs of the agent: its loop, its files on a disk that is not there, and what its ports are. */
export type { Disk } from "./adapters/files/disk.ts";
export { createTargetFiles } from "./adapters/files/target-files.ts";
export type { Credentials as KeptCredentials } from "./domain/credentials.ts";
export { NO_CREDENTIALS, pathsOf } from "./domain/credentials.ts";
export type { EtcdDataSeen } from "./domain/etcd-memory.ts";
export { unsureMemory } from "./domain/etcd-memory.ts";
export { LinkDenied, LinkError, UnitError } from "./errors.ts";
export { type AgentParts, runAgent } from "./loop/agent.ts";
export type { Enroll, EnrollOutcome } from "./ports/enrollment.ts";
export type { Accepted, Keyring, Link, LinkEvents, Memory, UnitState, Units } from "./ports.ts";
