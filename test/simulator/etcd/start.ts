import { sha256Of } from "@rollcall/protocol";
import type { Boot } from "../machine/boot.ts";
import type { EtcdCluster } from "./cluster.ts";
import { type LogEntry, Member, type Peer } from "./member.ts";

/** The arguments with which etcd starts, as the coordinator renders them, and the snapshot that is restored before. */
export interface EtcdStart {
	readonly arguments: Readonly<Record<string, string>>;
	readonly restored?: string | undefined;
}

/** The address at which a member is to be reached, by its arguments. */
export function addressOf({ arguments: given }: Pick<EtcdStart, "arguments">): string {
	return (given["initial-advertise-peer-urls"] ?? "").replace(/^https:\/\/|:\d+$/g, "");
}

/** An id as etcd makes it: of what is hashed, in decimal. */
const idOf = (text: string): string => BigInt(`0x${sha256Of(text).slice(7, 22)}`).toString();

export interface StartParts {
	readonly now: number;
	readonly cluster: (id: string) => EtcdCluster;
	readonly clusters: () => Iterable<EtcdCluster>;
	readonly reaches: (boot: Boot, member: Member) => boolean;
	/** What a snapshot holds, where its file can be had; undefined else. */
	readonly snapshot: (sha256: string) => readonly LogEntry[] | undefined;
}

/** Begins a member on empty memory, as etcd does by its arguments. A text: why it does not begin. */
export function beginMember(boot: Boot, { arguments: given, restored }: EtcdStart, parts: StartParts): Member | string {
	const url = given["initial-advertise-peer-urls"] ?? "";
	const named = (given["initial-cluster"] ?? "").split(",").map((one) => one.split("=") as [string, string]);
	const address = addressOf({ arguments: given });
	if (given["initial-cluster-state"] === "new") {
		const token = given["initial-cluster-token"];
		const peers = named.map(([name, at]): Peer => ({ id: idOf(`${token} ${at}`), url: at, name, learner: false }));
		const clusterId = idOf(
			peers
				.map(({ id }) => id)
				.sort()
				.join(),
		);
		const own = peers.find((peer) => peer.url === url);
		if (!own) return "it is not in its own initial cluster";
		const content = restored === undefined ? [] : parts.snapshot(restored);
		if (!content) return "the snapshot cannot be had";
		const log: LogEntry[] = [{ term: 1, op: { kind: "peers", peers } }, ...content];
		return join(
			parts.cluster(clusterId),
			new Member({ id: own.id, clusterId, boot, address, log, begunAt: parts.now }),
		);
	}
	for (const cluster of parts.clusters()) {
		const leader = cluster.leader()?.member;
		if (!leader || !cluster.members.some((one) => one.runs && !one.lost && parts.reaches(boot, one))) continue;
		if (!named.some(([, at]) => at !== url && leader.peers.some((peer) => peer.url === at))) continue;
		const own = leader.peers.find((peer) => peer.url === url);
		if (!own) continue;
		const [have, want] = [leader.peers.map((peer) => peer.url), named.map(([, at]) => at)];
		if ([...have].sort().join() !== [...want].sort().join()) return "its initial cluster is not what the others say";
		const member = join(
			cluster,
			new Member({ id: own.id, clusterId: cluster.id, boot, address, log: [], begunAt: parts.now }),
		);
		const peers = leader.peers.map((peer) => (peer === own ? { ...peer, name: given.name ?? "" } : peer));
		cluster.write({ kind: "peers", peers });
		return member;
	}
	return "no member of its initial cluster answers";
}

function join(cluster: EtcdCluster, member: Member): Member {
	cluster.members.push(member);
	return member;
}
