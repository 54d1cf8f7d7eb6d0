import type { Fleet } from "@rollcall/coordinator/simulator";
import type { MachineId } from "@rollcall/protocol";
import { must } from "../broken.ts";
import type { Boot } from "../machine/boot.ts";
import type { World } from "../world.ts";
import { EtcdCluster } from "./cluster.ts";
import { type LogEntry, type Member, majority } from "./member.ts";
import { addressOf, beginMember, type EtcdStart } from "./start.ts";

/** Between two writes of a client, in milliseconds. */
const WRITE_MS = 1_000;

/** All of etcd that runs anywhere, a client that writes to it, and what must hold of it. Small: nobody is slow, and what is not acknowledged is not there. */
export class Etcd {
	readonly clusters = new Map<string, EtcdCluster>();
	readonly #world: World;
	#writes = 0;

	constructor(world: World) {
		this.#world = world;
		this.#writeOn();
	}

	/** Starts the process on a boot, which has its data or none. A text: why it ends at once. */
	start(boot: Boot, given: EtcdStart): string | undefined {
		const known = boot.etcd;
		if (known && !known.lost) {
			const cluster = this.clusters.get(known.clusterId);
			if (!cluster?.peers.some(({ id }) => id === known.id)) return "it was taken out of the cluster";
			const at = addressOf(given);
			// A log that was lost does not know where a member began.
			const isKnown = this.#world.checker.truth.recoverUntil === 0;
			must(
				at === known.address || !isKnown,
				"a member is where the others look for it",
				() => `${known.address} ${at}`,
			);
			known.runs = true;
			return undefined;
		}
		const member = beginMember(boot, given, {
			now: this.#world.schedule.now,
			cluster: (id) => this.#clusterOf(id),
			clusters: () => this.clusters.values(),
			reaches: (from, to) => this.#isReached(from, to),
			snapshot: (sha256) => this.#world.snapshotContent(boot, sha256),
		});
		if (typeof member === "string") return member;
		boot.etcd = member;
		this.#checkBegun(member);
		return undefined;
	}

	/** True while a majority of some cluster's voters has its memory. */
	lives(): boolean {
		return [...this.clusters.values()].some((one) => one.lives());
	}

	/** The data on a boot is gone. `by`: the boot itself is over, or its agent or somebody else removed it. */
	lose(boot: Boot, by: "its end" | "its agent" | "somebody"): void {
		const member = boot.etcd;
		if (!member || member.lost) return;
		const cluster = this.clusters.get(member.clusterId);
		const counts = cluster?.lives() === true && cluster.peers.some(({ id, learner }) => id === member.id && !learner);
		must(by !== "its agent" || !counts, "no memory of etcd is lost by our own act", () => boot.machine.box.name);
		[member.lostAt, member.runs] = [this.#world.schedule.now, false];
		if (counts && !cluster.lives()) {
			cluster.hopeless = true;
			this.#world.story.tell(`  (etcd ${cluster.id} has lost its majority)`);
		}
	}

	/** True for the memory of a cluster that lost its majority. */
	isHopeless(boot: Boot | undefined): boolean {
		const member = boot?.etcd;
		return member !== undefined && this.clusters.get(member.clusterId)?.hopeless === true;
	}

	/** True when a majority of all clusters' voters has its memory without this boot. */
	canSpare(boot: Boot | undefined): boolean {
		const member = boot?.etcd;
		if (!member || member.lost) return true;
		const cluster = this.clusters.get(member.clusterId);
		const voters = cluster?.peers.filter(({ learner }) => !learner) ?? [];
		if (!cluster || !voters.some(({ id }) => id === member.id)) return true;
		return cluster.intact().filter((one) => one !== member).length >= majority(voters.length);
	}

	/** The machines whose voters answer a linearizable read. */
	answering(): MachineId[] {
		return [...this.clusters.values()].flatMap((cluster) => {
			const leader = cluster.leader()?.member;
			const voters = leader?.peers.filter(({ learner }) => !learner).map(({ id }) => id) ?? [];
			return cluster.members.flatMap((one) => {
				const answers = leader && one.runs && !one.lost && voters.includes(one.id) && one.log === leader.log;
				return answers && one.boot.machineId !== undefined ? [one.boot.machineId] : [];
			});
		});
	}

	/** A command by which a voter goes was accepted: of the others that answered a majority is left, where the log knew of so many as vote. */
	checkCommand(known: number, machineId: MachineId, answered: readonly MachineId[] | undefined): void {
		for (const { hopeless, peers, members } of this.clusters.values()) {
			const voters = peers.filter(({ learner }) => !learner);
			const isVoter = members.some(
				({ id, lost, boot }) =>
					!lost && boot === boot.machine.boot && boot.machineId === machineId && voters.some((one) => one.id === id),
			);
			if (hopeless || !isVoter || voters.length !== known) continue;
			const left = answered?.filter((other) => other !== machineId).length ?? 0;
			must(
				left >= majority(voters.length),
				"no command takes etcd's majority",
				() => `${machineId}: ${left} of ${voters.length} voters would be left`,
			);
		}
	}

	/** Whoever leads in the end holds all that was acknowledged. */
	checkEnd(): void {
		for (const cluster of this.clusters.values()) {
			const leader = cluster.leader();
			if (leader) this.checkLeader(cluster, leader.member.log);
			must(
				cluster.hopeless || !cluster.lives() || leader !== undefined,
				"etcd has a leader in the end",
				() => cluster.id,
			);
		}
	}

	/** Nothing begins with a snapshot beside memory that a machine says it has, as far as etcd did not take that out. */
	checkRestored({ machines, etcd }: Fleet): void {
		const isOut = (boot: Boot): boolean =>
			etcd?.members.some(({ bootId, removed }) => bootId === boot.bootId && removed === "done") === true;
		for (const cluster of this.clusters.values())
			for (const { id, lost, boot } of cluster.members) {
				const machine = boot.machineId === undefined ? undefined : machines.get(boot.machineId);
				const isKnown = machine?.etcdMemory?.is?.memberId === id && machine.bootId === boot.bootId;
				const isMember = cluster.peers.some((peer) => peer.id === id) && !isOut(boot);
				const counts = isKnown && machine.approval !== "rejected" && isMember;
				must(lost || !counts, "no snapshot is restored beside memory", () => `${machine?.machineId} has that of ${id}`);
			}
	}

	/** The file of each snapshot that the log has is there: it may be all that is left. The name of one may itself be damaged, so that none ever had it. */
	checkSnapshots(fleet: Fleet): void {
		const { snapshots, checker } = this.#world;
		for (const { sha256 } of fleet.snapshots?.kept ?? [])
			must(
				snapshots.has(sha256) || (checker.damaged && !snapshots.saved.has(sha256)),
				"what is recorded as saved is there",
				() => `snapshot ${sha256}`,
			);
	}

	isHealthy(boot: Boot): boolean {
		const member = boot.etcd;
		const leader = member?.runs === true ? this.clusters.get(member.clusterId)?.leader()?.member : undefined;
		return leader !== undefined && member?.log === leader.log;
	}

	/** A leader that was elected now holds all that was acknowledged; also called at the end. */
	checkLeader(cluster: EtcdCluster, log: readonly LogEntry[]): void {
		if (cluster.hopeless) return;
		const there = new Set(log.flatMap(({ op }) => (op.kind === "put" ? [op.write] : [])));
		const missing = cluster.acknowledged.filter((write) => !there.has(write));
		must(missing.length === 0, "acknowledged writes are there", () => `${cluster.id} lacks ${missing.length} writes`);
	}

	/** A cluster that began, or a member that begins anew: never beside one that lives, and never with less than it had. */
	#checkBegun(member: Member): void {
		const cluster = this.#clusterOf(member.clusterId);
		// Whoever let in another boot of a machine said that the memory of the one before is gone.
		const { over } = this.#world.checker.ledger;
		const counts = (one: Member): boolean => !over.has(one.boot.bootId);
		const others = [...this.clusters.values()].filter((one) => one !== cluster && one.lives(counts));
		must(others.length === 0, "never two clusters", () => `${cluster.id} begins beside ${others.map(({ id }) => id)}`);
		const before = cluster.members.filter((one) => one !== member && one.id === member.id);
		const witness = cluster.members.find(
			(one) => one.id !== member.id && !one.lost && before.some((own) => own.metWith(one)),
		);
		const again = !cluster.hopeless && witness !== undefined;
		must(!again, "no member votes without its memory", () => `${member.boot.machine.box.name} ${member.id}`);
	}

	#clusterOf(id: string): EtcdCluster {
		const known = this.clusters.get(id);
		if (known) return known;
		const made = new EtcdCluster(id, (a, b) => this.#isReached(a.boot, b));
		this.clusters.set(id, made);
		return made;
	}

	#isReached(from: Boot, to: Member): boolean {
		const { network } = this.#world;
		const isApart = from !== to.boot && (to.apart || from.etcd?.apart === true);
		return !isApart && network.areJoined(from.machine.box.name, to.boot.machine.box.name);
	}

	#writeOn(): void {
		const world = this.#world;
		world.schedule.after(WRITE_MS, () => {
			for (const cluster of this.clusters.values()) {
				const led = cluster.leader();
				if (!led) continue;
				if (led.isNew) this.checkLeader(cluster, led.member.log);
				this.#writes += 1;
				if (cluster.write({ kind: "put", write: this.#writes })) cluster.acknowledged.push(this.#writes);
			}
			this.#writeOn();
		});
	}
}
