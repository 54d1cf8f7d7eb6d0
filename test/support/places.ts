import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const repository = resolve(fileURLToPath(import.meta.url), "../../..");
/** The coordinator's program as it is shipped: the bundle, or the sources where they changed since. */
export const coordinatorProgram = join(repository, "packages/coordinator/bin/rollcall-coordinator.cjs");
/** The coordinator's sources. */
export const coordinatorSource = join(repository, "packages/coordinator/src/main.ts");
/** The bundled agent, as `npm run bundle` makes it. */
export const agentBinary = join(repository, "dist/agent/rollcall-agent");
/** The bundled stand-in for a machine, a script. */
export const rehearsalScript = join(repository, "dist/rehearsal/rollcall-rehearsal.cjs");
