import {
	type BootId,
	type Digest,
	type Health,
	healthDigest,
	type MachineId,
	type SignedAssignment,
} from "@rollcall/protocol";
import { type Box, factsOf } from "./box.ts";
import type { Reply, Said } from "./messages.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What an agent keeps for as long as its kernel runs. */
export interface Boot {
	readonly bootId: BootId;
	readonly publicKey: string;
	over: boolean;
	/** Goes up when the agent's process starts again: what the one before waited for is forgotten. */
	process: number;
	machineId?: MachineId | undefined;
	token?: Digest | undefined;
	running?: { generation: number; digest: Digest; state: "applying" | "applied" | "rejected" } | undefined;
	proof?: SignedAssignment | undefined;
	health: Health;
	sequence: number;
	unreported: boolean;
	/** The highest generation that it ever took. */
	highest: number;
	readonly applied: Set<number>;
	/** Every report that it sent, by its sequence. */
	readonly said: Map<number, Extract<Said, { kind: "report" }>>;
	/** The kinds of questions that have no answer yet. */
	busy: Set<string>;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The model of an agent and of the box under it. */
export class AgentModel {
	readonly box: Box;
	boot: Boot | undefined;
	/** When the present boot, or the silence, began. */
	since = 0;
	readonly #doubles: Boot[] = [];
	readonly #world: World;
	readonly #random: Random;

	constructor(world: World, box: Box) {
		this.#world = world;
		this.#random = world.random;
		this.box = box;
	}

	/** Ends the boots that should have ended. */
	endDoubles(): void {
		for (const boot of this.#doubles.splice(0)) boot.over = true;
	}

	powerOff(): void {
		if (this.boot) this.boot.over = true;
		this.boot = undefined;
		this.since = this.#world.schedule.now;
	}

	/** Boots. `doubled`: the boot before does not end, as when a machine was cloned or only seemed to be off. */
	powerOn(doubled = false): void {
		if (this.boot && doubled) this.#doubles.push(this.boot);
		else if (this.boot) this.boot.over = true;
		const random = this.#random;
		let publicKey = "U";
		while (publicKey.length < 56) publicKey += BASE32[random.int(0, 31)];
		const boot: Boot = {
			bootId: random.uuid() as BootId,
			publicKey,
			over: false,
			process: 0,
			health: [],
			sequence: 0,
			unreported: false,
			highest: 0,
			applied: new Set(),
			said: new Map(),
			busy: new Set(),
		};
		this.boot = boot;
		this.since = this.#world.schedule.now;
		this.#later(boot, random.int(2_000, 8_000), () => this.#fetchToken(boot));
		this.#later(boot, random.int(0, 2_000), () => this.#beat(boot));
	}

	/** The agent's process ends and is started again; the boot goes on. */
	restartProcess(): void {
		const { boot } = this;
		if (!boot) return;
		boot.process += 1;
		boot.busy = new Set();
		this.#later(boot, this.#random.int(100, 3_000), () => {
			if (boot.running && boot.running.state !== "applied") {
				boot.running.state = "applying";
				this.#apply(boot);
			}
			if (boot.machineId === undefined) this.#fetchToken(boot);
			else this.notice();
		});
		this.#later(boot, this.#random.int(100, 3_000), () => this.#beat(boot));
	}

	/** The health of one component changes. */
	ail(healthy: boolean): void {
		const { boot } = this;
		if (!boot?.running) return;
		boot.health = [
			{ component: "kubelet", healthy, ...(healthy ? {} : { reason: `exit code ${this.#random.int(1, 9)}` }) },
		];
		this.#report(boot);
	}

	/** A notice that a target is there, or that the coordinator misses something. */
	notice(): void {
		const { boot } = this;
		if (!boot || boot.machineId === undefined) return;
		this.#hello(boot);
		if (boot.unreported || boot.running) this.#report(boot);
	}

	command(kind: "reboot" | "reset", bootId: BootId): void {
		const { boot } = this;
		if (boot?.bootId !== bootId) return;
		if (kind === "reboot") this.#later(boot, 1_000, () => this.powerOn());
		else {
			boot.running = undefined;
			boot.proof = undefined;
			boot.health = [];
			boot.highest = 0;
			this.#hello(boot);
		}
	}

	#fetchToken(boot: Boot): void {
		this.#ask(boot, "token", { kind: "token", labels: this.box.labels, mac: this.box.macs[0] }, (reply) => {
			if (reply.kind !== "token")
				return this.#later(boot, this.#random.int(1_000, 4_000), () => this.#fetchToken(boot));
			// Now and then somebody boots with a copy of another box's script.
			boot.token = this.#random.chance(0.05) ? (this.#world.copiedToken ?? reply.hash) : reply.hash;
			this.#world.copiedToken = reply.hash;
			this.#enroll(boot);
		});
	}

	#enroll(boot: Boot): void {
		const facts = this.#facts(boot);
		this.#ask(
			boot,
			"enroll",
			{ kind: "enroll", facts, publicKey: boot.publicKey, token: boot.token, proof: boot.proof },
			(reply) => {
				const again = (ms: number, then: () => void) => this.#later(boot, this.#random.int(ms, ms * 2), then);
				if (reply.kind === "enrolled") {
					boot.machineId = reply.machineId;
					this.#hello(boot);
				} else if (reply.kind === "fenced") boot.over = true;
				else if (reply.kind === "problem" && /^(?:token-|unauthorized|forbidden)/.test(reply.code)) {
					// The way to a new token is a new boot script; the agent fetches it without booting.
					again(2_000, () => this.#fetchToken(boot));
				} else
					again(reply.kind === "problem" && reply.code === "machine-rejected" ? 15_000 : 1_500, () =>
						this.#enroll(boot),
					);
			},
		);
	}

	#hello(boot: Boot): void {
		if (boot.machineId === undefined) return;
		const said: Said = {
			kind: "hello",
			machineId: boot.machineId,
			bootId: boot.bootId,
			publicKey: boot.publicKey,
			facts: this.#facts(boot),
			generation: boot.running?.generation ?? 0,
			proof: boot.proof,
		};
		this.#ask(boot, "hello", said, (reply) => {
			if (reply.kind === "fenced") {
				boot.over = true;
			} else if (reply.kind === "problem" && /^(?:unknown-machine|unauthorized)/.test(reply.code)) {
				boot.machineId = undefined;
				this.#later(boot, this.#random.int(200, 1_000), () => this.#enroll(boot));
			} else if (reply.kind === "target") this.#take(boot, reply);
			else this.#later(boot, this.#random.int(3_000, 8_000), () => this.#hello(boot));
		});
	}

	#take(boot: Boot, { generation, digest, proof }: Extract<Reply, { kind: "target" }>): void {
		if (generation < boot.highest) return;
		boot.proof = proof;
		if (boot.running?.generation === generation) return;
		boot.running = { generation, digest, state: "applying" };
		boot.highest = generation;
		this.#report(boot);
		this.#apply(boot);
	}

	#apply(boot: Boot): void {
		const generation = boot.running?.generation;
		this.#later(boot, this.#random.int(500, 6_000), () => {
			if (!boot.running || boot.running.generation !== generation) return;
			const fails = this.#random.chance(this.#world.applyFailure);
			boot.running.state = fails ? "rejected" : "applied";
			if (fails) {
				this.#later(boot, this.#random.int(3_000, 9_000), () => {
					if (boot.running?.generation !== generation || boot.running.state !== "rejected") return;
					boot.running.state = "applying";
					this.#report(boot);
					this.#apply(boot);
				});
			} else {
				boot.applied.add(boot.running.generation);
				boot.health = [{ component: "kubelet", healthy: true }];
			}
			this.#report(boot);
		});
	}

	#report(boot: Boot): void {
		const { machineId, running } = boot;
		boot.unreported = true;
		if (machineId === undefined || boot.busy.has("report")) return;
		boot.sequence += 1;
		const { bootId, sequence, health } = boot;
		const said = {
			kind: "report",
			machineId,
			bootId,
			sequence,
			health,
			generation: running?.generation ?? 0,
			state: running?.state,
		} as const;
		boot.said.set(sequence, said);
		this.#ask(boot, "report", said, (reply) => {
			if (reply.kind === "fenced") boot.over = true;
			else if (
				reply.kind === "ok" &&
				boot.sequence === sequence &&
				boot.running?.state === running?.state &&
				boot.health === health
			) {
				boot.unreported = false;
			} else this.#later(boot, this.#random.int(300, 1_500), () => this.#report(boot));
		});
	}

	#beat(boot: Boot): void {
		const { machineId, bootId } = boot;
		if (machineId !== undefined) {
			this.#world.beat(this, {
				machineId,
				bootId,
				generation: boot.running?.generation ?? 0,
				health: healthDigest(boot.health),
			});
		}
		this.#later(boot, 2_000, () => this.#beat(boot));
	}

	/** Asks until something answers; one question of each kind at a time. */
	#ask(boot: Boot, kind: string, said: Said, then: (reply: Reply) => void): void {
		if (boot.busy.has(kind)) return;
		boot.busy.add(kind);
		let answered = false;
		const settle = (reply: Reply) => {
			if (answered) return;
			answered = true;
			boot.busy.delete(kind);
			then(reply);
		};
		const { process } = boot;
		this.#world.ask(this, said, (reply) => !boot.over && boot.process === process && settle(reply));
		this.#later(boot, 3_000, () => settle({ kind: "problem", code: "no-answer" }));
	}

	#facts(boot: Boot) {
		return factsOf(this.box, boot.bootId, this.#random.int(1, 1_000_000));
	}

	/** What belongs to a boot, and to one process of it, ends with it. */
	#later(boot: Boot, ms: number, run: () => void): void {
		const { process } = boot;
		this.#world.schedule.after(ms, () => {
			if (!boot.over && boot.process === process) run();
		});
	}
}
