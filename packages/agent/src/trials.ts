/** What trials in network namespaces need of the agent: the part that keeps routes to pods, alone. */
export { createMemory } from "./adapters/files/memory.ts";
export { createPodKernel } from "./adapters/network/pod-kernel.ts";
export { systemClock } from "./adapters/system-clock.ts";
export { wantedNetwork } from "./domain/pod-network.ts";
export { createPodNetworkKeeper } from "./loop/pod-network.ts";
