const MI = 2 ** 20;

/** What a node keeps from pods: for kubelet and runtime (`kube`), and for the rest of the operating system (`system`). */
export interface ReservedResources {
	readonly kube: { readonly cpu: string; readonly memory: string };
	readonly system: { readonly cpu: string; readonly memory: string };
	readonly evictionMemory: string;
}

/**
 * Reserved resources from the size of the machine. Memory for kubelet and runtime: 5 % of the RAM, 200 MiB to 1 GiB; for the
 * system, whose files are RAM too: 8 %, 300 MiB to 1 GiB. CPU: 60 m and 1 % of each further core for kubelet, 100 m for the
 * system. Pods are evicted below 100 MiB, or 2 % of large machines.
 */
export function reservedResources({
	memoryBytes: memory,
	cpus,
}: {
	readonly memoryBytes: number;
	readonly cpus: number;
}): ReservedResources {
	const share = (percent: number, least: number, most: number) =>
		`${Math.round(Math.min(most * MI, Math.max(least * MI, (memory * percent) / 100)) / MI)}Mi`;
	return {
		kube: { cpu: `${60 + 10 * (cpus - 1)}m`, memory: share(5, 200, 1024) },
		system: { cpu: "100m", memory: share(8, 300, 1024) },
		evictionMemory: share(2, 100, 1024),
	};
}
