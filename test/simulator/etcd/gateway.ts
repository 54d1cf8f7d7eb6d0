import type { Ask } from "@rollcall/coordinator/simulator";
import type { EtcdCluster } from "./cluster.ts";
import type { Member } from "./member.ts";

/** A member that is reached, and the cluster that it is of. */
export interface Reached {
	readonly cluster: EtcdCluster;
	readonly member: Member;
}

/**
 * etcd's JSON gateway on each member, for what reads: a linearizable read through it, which comes back only from one that is in touch with a majority and as far as
 * that, and the members as it knows them itself. `takes`: ends when an answer is there.
 */
export function etcdGateway(reachedAt: (address: string) => Reached | undefined, takes: () => Promise<void>): Ask {
	return async (url) => {
		const reached = reachedAt(url.hostname);
		if (!reached) throw new Error("it does not answer");
		const { cluster, member } = reached;
		if (url.pathname === "/v3/kv/range") {
			await takes();
			const leader = cluster.leader()?.member;
			const isCurrent = leader?.log === member.log && reachedAt(url.hostname)?.member === member;
			return isCurrent ? { status: 200, text: "{}" } : { status: 503, text: "etcdserver: no leader, or behind" };
		}
		const members = member.peers.map(({ id, url: peer, name, learner }) => ({
			...{ ID: id, name },
			...{ peerURLs: [peer], isLearner: learner },
		}));
		return { status: 200, text: JSON.stringify({ members }) };
	};
}
