import type { Logger } from "pino";
import { createEtcdMembers } from "../adapters/etcd/members.ts";
import { createEtcdState } from "../adapters/etcd/state.ts";
import type { EtcdSnapshotFolder } from "../cluster-ports.ts";
import { keepEtcdMembers } from "../loop/etcd-keeper.ts";
import { createSnapshotKeeper, type SnapshotKeeper } from "../loop/snapshot-keeper.ts";
import type { Clock, Core, Pki } from "../ports.ts";
import { etcdAccess } from "./etcd-access.ts";

/** What looking after etcd needs of a coordinator. */
export interface EtcdKeeping {
	readonly core: Core;
	readonly clock: Clock;
	readonly pki: Pki;
	readonly log: Logger;
	readonly snapshots: EtcdSnapshotFolder;
}

/** What takes snapshots of etcd; it does nothing before it is started. */
export function snapshotKeeper({ core, clock, pki, log, snapshots }: EtcdKeeping): SnapshotKeeper {
	return createSnapshotKeeper({
		core,
		connect: async (fleet, urls) => createEtcdState(urls, await etcdAccess(pki, fleet)),
		folder: snapshots,
		now: () => clock.now(),
		sleep,
		onTrouble: (what, error) => log.warn({ err: error }, what),
	});
}

/** Begins to look after etcd's members and snapshots. Returns how to end it. */
export function startEtcdKeeper(
	{ core, pki, log, snapshots }: EtcdKeeping,
	saving: SnapshotKeeper,
): () => Promise<void> {
	const stopping = new AbortController();
	const members = keepEtcdMembers(
		{
			core,
			connect: async (fleet, urls) => createEtcdMembers(urls, await etcdAccess(pki, fleet)),
			findSnapshot: (snapshot) => snapshots.check(snapshot),
			sleep,
			onTrouble: (what, error) => log.warn({ err: error }, what),
		},
		stopping.signal,
	);
	const running = Promise.all([members, saving.run(stopping.signal)]);
	return async () => {
		stopping.abort();
		await running;
	};
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve();
		const timer = setTimeout(resolve, ms);
		signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
	});
}
