/** What trials need of the agent: the parts that keep routes to pods, and that speak to a TPM, alone. */
export { createEnroll } from "./adapters/enroll/enroll.ts";
export { createMemory } from "./adapters/files/memory.ts";
export { createPodKernel } from "./adapters/network/pod-kernel.ts";
export { systemClock } from "./adapters/system-clock.ts";
export { createTpm } from "./adapters/tpm/attest.ts";
export { wantedNetwork } from "./domain/pod-network.ts";
export { createPodNetworkKeeper } from "./loop/pod-network.ts";
