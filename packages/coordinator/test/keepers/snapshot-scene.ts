import { type Digest, type EtcdSnapshot, sha256Of } from "@rollcall/protocol";
import { admit } from "../../src/domain/admit.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { membersOf } from "../../src/domain/networks/members.ts";
import { record } from "../../src/domain/record.ts";
import { createSnapshotKeeper } from "../../src/keepers/snapshot-keeper.ts";
import type { EtcdSnapshotFolder } from "../../src/ports/etcd-snapshots.ts";
import { documentOf, fleetOf, labFacts } from "../render/fleet-of.ts";

const DOCUMENT = `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
etcd: { snapshots: { everyMinutes: 1, keep: 2 } }
slots:
  - { name: control, role: control-plane, count: 3 }
`;

/** etcd on three machines, and a folder that is a list. Each look lets ten seconds go by. */
export class Scene {
	fleet: Fleet;
	now = 1_000_000;
	revision = 10;
	leads = true;
	/** What reading etcd throws. */
	broken: Error | undefined;
	readonly files: Digest[] = [];
	readonly done: string[] = [];
	/** How long the files are. */
	sizeBytes = 1;
	/** What reading the key of a file throws. */
	keyLost: Error | undefined;
	/** Each time that etcd was looked at: whether also without a leader. */
	readonly asked: boolean[] = [];
	/** Snapshots of before that the folder has. */
	here: readonly EtcdSnapshot[] = [];
	/** etcd's state never ends. */
	endless = false;
	onPiece = (): void => {};
	/** After so many looks. */
	onSleep = (_looks: number): void => {};
	/** Just after it was looked at. */
	onLook = (): void => {};
	/** What is recorded counts as refused: the log's answer did not come. */
	losesAnswers = false;
	refuses = (_input: Input): boolean => false;

	constructor() {
		const facts = [0, 1, 2].map((index) => labFacts(index));
		const { fleet, seated } = fleetOf(documentOf(DOCUMENT), facts);
		const members = seated.map(({ machine: { machineId, bootId }, seat: { nodeName } }) => ({
			machineId,
			bootId,
			nodeName,
		}));
		this.fleet = record(
			fleet,
			[{ type: "etcd-founded", members, cluster: [...membersOf(fleet, "control-plane")] }],
			1,
		).fleet;
	}

	readonly folder: EtcdSnapshotFolder = {
		save: async (content, { maxBytes: _most, ...of }) => {
			for await (const _piece of content);
			const sha256 = sha256Of(`${of.revision} ${of.takenAt}`);
			this.files.push(sha256);
			return { ...of, sha256, sizeBytes: 1, content: { sha256, sizeBytes: 1 } } satisfies EtcdSnapshot;
		},
		check: async () => undefined,
		file: async (sha256) => (this.files.includes(sha256) ? { path: "", sizeBytes: this.sizeBytes } : undefined),
		key: async () => {
			if (this.keyLost) throw this.keyLost;
			return "";
		},
		list: async () => this.here,
		remove: async (sha256) => {
			this.files.splice(this.files.indexOf(sha256), 1);
			this.done.push("removed");
		},
		sweep: async (known, before) => {
			this.here = this.here.filter(({ sha256, takenAt }) => takenAt >= before || known.includes(sha256));
		},
	};

	keeper(stop = new AbortController(), times = 0) {
		let left = times;
		let looks = 0;
		return createSnapshotKeeper({
			core: {
				fleet: () => this.fleet,
				actsIn: () => (this.leads ? 1 : undefined),
				ready: () => ({ ready: true, reason: "" }),
				submit: async (input) => {
					if (this.refuses(input))
						return { kind: "problem", problem: { code: "not-leader", message: "another one leads" } };
					const { events, answer } = admit(this.fleet, input, this.now);
					this.fleet = record(this.fleet, events, this.now).fleet;
					this.done.push(...events.map(({ type }) => type));
					if (this.losesAnswers)
						return { kind: "problem", problem: { code: "not-ready", message: "the event log cannot be written to" } };
					return answer;
				},
			},
			connect: async (_fleet, urls) => ({
				look: async ({ leaderless } = { leaderless: false }) => {
					this.asked.push(leaderless);
					const seen = { member: urls[0] ?? "", revision: this.revision };
					this.onLook();
					return seen;
				},
				read: async function* (this: Scene) {
					if (this.broken) throw this.broken;
					yield Buffer.from("state");
					while (this.endless) {
						yield Buffer.from("more");
						this.onPiece();
						await new Promise((resolve) => setImmediate(resolve));
					}
				}.bind(this),
			}),
			folder: this.folder,
			now: () => this.now,
			sleep: async () => {
				this.now += 10_000;
				left--;
				this.onSleep(++looks);
				if (left <= 0) stop.abort();
			},
			onTrouble: () => undefined,
		});
	}

	/** Lets the keeper look so often. */
	async look(times: number): Promise<void> {
		const stop = new AbortController();
		await this.keeper(stop, times).run(stop.signal);
	}
}
