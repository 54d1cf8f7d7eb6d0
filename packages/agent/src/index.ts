export { nodeKeyring } from "./adapters/keys/keyring.ts";
export { createUserKey, userAuthenticator } from "./adapters/nats/user-key.ts";
export { interfacesOf, type RehearsedMachine } from "./adapters/rehearsal/machine.ts";
export { fillRoot, writeSecret } from "./adapters/rehearsal/root-folder.ts";
export { createRehearsalUnits } from "./adapters/rehearsal/units.ts";
export { AgentConfig } from "./config.ts";
export { VERSION } from "./version.ts";
