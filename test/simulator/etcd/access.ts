import { createEtcdMembers, type EtcdMembers, type EtcdState } from "@rollcall/coordinator/simulator";
import { sha256Of } from "@rollcall/protocol";
import { must } from "../broken.ts";
import type { Coordinator } from "../coordinator.ts";
import type { World } from "../world.ts";
import { type EtcdCluster, peersText } from "./cluster.ts";
import { etcdGateway, type Reached } from "./gateway.ts";
import { type Member, majority, type Peer } from "./member.ts";

/** How a coordinator speaks to the members at some client URLs. `waits` never ends for a process that is over. */
export function etcdAccess(
	world: World,
	{ by, urls, waits }: { by: Coordinator; urls: readonly string[]; waits: (ms: number) => Promise<void> },
): EtcdMembers & EtcdState {
	const { terms } = world.checker;
	const begun = terms.newest;
	// What machines prove while a log is rebuilt is not known yet.
	const isEarly = by.fleet !== undefined && by.now() < by.fleet.recoverUntil;
	const acts = (what: string): void => {
		terms.act(by, what, begun);
		must(!isEarly, "nothing is done to etcd's members while a log is being rebuilt", () => `${by.name} ${what}`);
	};
	const addresses = new Set(urls.map((url) => url.replace(/^https:\/\/|:\d+$/g, "")));
	const reached = (): Reached[] =>
		[...world.etcd.clusters.values()].flatMap((cluster) =>
			cluster.members.flatMap((member) => {
				const there = member.runs && !member.lost && addresses.has(member.address);
				return there && world.network.areJoined(by.name, member.boot.machine.box.name) ? [{ cluster, member }] : [];
			}),
		);
	const led = async (): Promise<{ cluster: EtcdCluster; leader: Member }> => {
		await waits(world.etcdMs);
		for (const { cluster } of reached()) {
			const leader = cluster.leader();
			if (!leader) continue;
			if (leader.isNew) world.etcd.checkLeader(cluster, leader.member.log);
			return { cluster, leader: leader.member };
		}
		throw new Error(`no member of etcd answers at ${urls.join(", ")}`);
	};
	const change = (cluster: EtcdCluster, peers: readonly Peer[]): void => {
		if (!cluster.write({ kind: "peers", peers })) throw new Error("etcd has no leader");
	};
	const shipped = createEtcdMembers(
		urls,
		etcdGateway(
			(address) => reached().find(({ member }) => member.address === address),
			() => waits(world.etcdMs),
		),
	);
	return {
		list: async () => {
			if (world.stillAt.list !== undefined) by.pause(world.stillAt.list);
			world.stillAt.list = undefined;
			const before = [...world.etcd.clusters.values()].map((one) => [one, one.changes.length, one.peers] as const);
			const listed = await shipped.list();
			// As they were at some time since it was asked.
			const isTrue = before.some(([{ changes }, count, peers]) =>
				[peersText(peers), ...changes.slice(count)].includes(peersText(listed)),
			);
			must(isTrue, "etcd's members are listed as they are", () => peersText(listed));
			return listed;
		},
		async remove(id) {
			acts(`takes ${id} out of etcd`);
			const { cluster, leader } = await led();
			const peers = leader.peers.filter((one) => one.id !== id);
			const voters = peers.filter(({ learner }) => !learner);
			const started = voters.filter((one) =>
				cluster.members.some(({ id: own, runs, lost }) => own === one.id && runs && !lost),
			);
			if (started.length < majority(voters.length)) throw new Error("etcd refuses: not enough started members");
			must(
				world.checker.removing.has(id),
				"nobody is taken out of etcd before that is recorded",
				() => `${by.name} takes out ${id}`,
			);
			const before = cluster.intact().length;
			change(cluster, peers);
			must(
				cluster.intact().length >= majority(voters.length) || before === 0,
				"never fewer than a majority by our own act",
				() => `${cluster.intact().length} of ${voters.length} voters after ${id} was taken out`,
			);
		},
		async addLearner(url) {
			acts(`adds ${url} to etcd`);
			const { cluster, leader } = await led();
			if (leader.peers.some((one) => one.url === url)) throw new Error("etcd refuses: the peer URL exists");
			if (leader.peers.some(({ learner }) => learner)) throw new Error("etcd refuses: too many learners");
			const id = BigInt(`0x${sha256Of(`${url} ${leader.log.length} ${leader.lastTerm}`).slice(7, 22)}`).toString();
			change(cluster, [...leader.peers, { id, url, name: "", learner: true }]);
		},
		async promote(id) {
			acts(`lets ${id} vote in etcd`);
			const { cluster, leader } = await led();
			const learner = cluster.members.find((one) => one.id === id && one.runs && !one.lost);
			if (learner?.log !== leader.log) return false;
			change(
				cluster,
				leader.peers.map((one) => (one.id === id ? { ...one, learner: false } : one)),
			);
			return true;
		},
		async look({ leaderless } = { leaderless: false }) {
			await waits(world.etcdMs);
			const all = reached().filter(({ cluster }) => leaderless || cluster.leader());
			const best = all.map(({ member }) => member).sort((a, b) => (a.isAsFarAs(b) ? -1 : 1))[0];
			if (!best) throw new Error("no member of etcd can be read from");
			return { member: best.address, revision: best.log.filter(({ op }) => op.kind === "put").length };
		},
		async *read(address) {
			await waits(world.etcdMs);
			const found = reached().find(({ member }) => member.address === address)?.member;
			if (!found) throw new Error(`the member at ${address} does not answer`);
			yield new TextEncoder().encode(JSON.stringify(found.log.filter(({ op }) => op.kind === "put")));
		},
	};
}
