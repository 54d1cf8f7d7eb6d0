import type { MachineId } from "@rollcall/protocol";
import type { Logger } from "pino";
import { readThrough } from "../../adapters/etcd/linearizable.ts";
import { createEtcdMembers } from "../../adapters/etcd/members.ts";
import { createEtcdState } from "../../adapters/etcd/state.ts";
import { areStoodIn, livingMembers } from "../../domain/etcd/members.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Core } from "../../ports/core.ts";
import type { EtcdSnapshotFolder } from "../../ports/etcd-snapshots.ts";
import type { Pki } from "../../ports/pki.ts";
import { type EtcdKeeperParts, keepEtcdMembers } from "../etcd-keeper.ts";
import { clientUrls } from "../etcd-urls.ts";
import { begin, toldTo } from "../rounds.ts";
import { createSnapshotKeeper, type SnapshotKeeper } from "../snapshot-keeper.ts";
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
		sleep: clock.sleep,
		onTrouble: toldTo(log),
	});
}

/**
 * The machines whose voting members answer a linearizable read now, each asked by itself. Undefined where nobody can be asked: etcd was not
 * founded, or its machines are rehearsed.
 */
export async function askVoters({ core, pki }: Pick<EtcdKeeping, "core" | "pki">): Promise<MachineId[] | undefined> {
	const fleet = core.fleet();
	const voters = livingMembers(fleet).filter(({ votes }) => votes);
	if (voters.length === 0 || areStoodIn(fleet, voters)) return undefined;
	const access = await etcdAccess(pki, fleet);
	const asked = voters.map(async (one) => {
		const [url] = clientUrls(fleet, [one]);
		if (url === undefined) return [];
		return readThrough(url, access).then(
			() => [one.machineId],
			() => [],
		);
	});
	return (await Promise.all(asked)).flat();
}

/** Begins to look after etcd's members and snapshots. Returns how to end it. */
export function startEtcdKeeper(
	{ core, clock, pki, log, snapshots }: EtcdKeeping,
	saving: SnapshotKeeper,
): () => Promise<void> {
	const parts: EtcdKeeperParts = {
		core,
		connect: async (fleet, urls, beforeChange) => createEtcdMembers(urls, await etcdAccess(pki, fleet), beforeChange),
		findSnapshot: (snapshot) => snapshots.check(snapshot),
		now: () => clock.now(),
		sleep: clock.sleep,
		onTrouble: toldTo(log),
	};
	return begin((signal) => Promise.all([keepEtcdMembers(parts, signal), saving.run(signal)]));
}
