import type { BootId, Command, Facts, MachineId } from "@rollcall/protocol";
import { type Box, factsOf } from "../box.ts";
import type { World } from "../world.ts";
import { Boot } from "./boot.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A box with what runs on it: one boot after the other, and now and then one beside it that should have ended. */
export class Machine {
	readonly box: Box;
	boot: Boot | undefined;
	readonly #doubles: Boot[] = [];
	readonly #world: World;

	constructor(world: World, box: Box) {
		this.#world = world;
		this.box = box;
	}

	/** Ends the boots that should have ended. */
	endDoubles(): void {
		for (const boot of this.#doubles.splice(0)) boot.end();
	}

	powerOff(): void {
		this.boot?.end();
		this.boot = undefined;
	}

	/** Boots. `doubled`: the boot before does not end, as when a machine was cloned or only seemed to be off. */
	powerOn(doubled = false): void {
		if (this.boot && doubled) this.#doubles.push(this.boot);
		else this.boot?.end();
		const { random, schedule } = this.#world;
		let publicKey = "U";
		while (publicKey.length < 56) publicKey += BASE32[random.int(0, 31)];
		const boot = new Boot(this.#world, this, { bootId: random.uuid() as BootId, publicKey });
		this.boot = boot;
		schedule.after(random.int(2_000, 8_000), () => this.#fetchScript(boot));
	}

	/** Nobody lets a boot in: somebody boots the machine anew after a while. */
	onHopeless(boot: Boot): void {
		const { random, schedule } = this.#world;
		schedule.after(random.int(5_000, 15_000), () => {
			if (this.boot === boot && boot.hopeless) this.powerOn();
		});
	}

	/** The boots that run. */
	boots(): Boot[] {
		return this.boot ? [...this.#doubles, this.boot] : this.#doubles;
	}

	/** The bus was away and is there again. */
	reconnected(): void {
		for (const { link } of this.boots()) link?.events.connected();
	}

	/** A notice that a target of this generation is there. */
	notice(machineId: MachineId, generation: number): void {
		for (const { link } of this.boots()) if (link?.machineId === machineId) link.events.notice(generation);
	}

	/** Gives a command to whoever listens on the subject of a machine. False: nobody does. */
	command(machineId: MachineId, command: Command): boolean {
		const links = this.boots().flatMap(({ link }) => (link?.machineId === machineId ? [link] : []));
		for (const { events } of links) void events.command(command).then(({ after }) => after?.());
		return links.length > 0;
	}

	facts(bootId: BootId): Facts {
		return factsOf(this.box, bootId, this.#world.random.int(1, 1_000_000));
	}

	/** The boot script has a token in it. Asked for until somebody answers. */
	#fetchScript(boot: Boot): void {
		if (boot.over) return;
		const { random, schedule } = this.#world;
		let answered = false;
		this.#world.ask(this, { kind: "token", labels: this.box.labels, mac: this.box.macs[0] }, (reply) => {
			if (answered || boot.over || reply.kind !== "token") return;
			answered = true;
			// Now and then somebody boots with a copy of another box's script.
			boot.token = random.chance(0.05) ? (this.#world.copiedToken ?? reply.token) : reply.token;
			this.#world.copiedToken = reply.token;
			boot.startAgent();
		});
		schedule.after(random.int(2_500, 4_000), () => {
			if (!answered) this.#fetchScript(boot);
		});
	}
}
