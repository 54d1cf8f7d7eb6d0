import type { BenchCoordinator } from "./coordinator.ts";
import { rounded } from "./numbers.ts";
import { costOf } from "./process-cost.ts";
import type { Swarm } from "./swarm/swarm.ts";

/** What the coordinator, its nats-server and the simulation used in a span of time. */
export interface Used {
	readonly seconds: number;
	/** Shares of one core: 1 is all of it. */
	readonly cores: { readonly coordinator: number; readonly natsServer: number; readonly simulation: number };
	readonly writtenBytes: { readonly coordinator: number; readonly natsServer: number };
}

/** Begins to count; the function that it returns says what was used since. */
export function countUse(coordinator: BenchCoordinator, swarm: Swarm): () => Used {
	const read = () => ({
		at: performance.now(),
		coordinator: costOf(coordinator.pid),
		nats: costOf(coordinator.natsPid),
		swarm: swarm.cpuMs(),
	});
	const before = read();
	return () => {
		const after = read();
		const ms = after.at - before.at;
		return {
			seconds: rounded(ms / 1000),
			cores: {
				coordinator: rounded((after.coordinator.cpuMs - before.coordinator.cpuMs) / ms),
				natsServer: rounded((after.nats.cpuMs - before.nats.cpuMs) / ms),
				simulation: rounded((after.swarm - before.swarm) / ms),
			},
			writtenBytes: {
				coordinator: after.coordinator.writtenBytes - before.coordinator.writtenBytes,
				natsServer: after.nats.writtenBytes - before.nats.writtenBytes,
			},
		};
	};
}
