import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "@rollcall/test-support/eventually";
import type { Random } from "../../simulator/random.ts";
import type { TestMachine } from "../../support/machine.ts";
import type { Excuse } from "./check.ts";
import { type Copies, fillDisk, type Player, type World } from "./world.ts";

/** What a move acts on, and where it leaves what it did. */
export interface Table {
	readonly world: World;
	readonly random: Random;
	readonly copies: Copies;
	readonly excuses: Excuse[];
	/** What was seen of the log does not count any more: it was put back. */
	forget(): void;
}

/** Something bad that is done to a part of the world, and is over when it resolves. One part suffers one at a time. */
export interface Move {
	readonly name: string;
	/** The parts that it needs for itself. */
	readonly parts: readonly string[];
	run(): Promise<void>;
}

/** How long everything may take to be well again after the last move. */
export const SETTLE_MS = 150_000;

/** Offsets of a wall clock, as faketime(1) takes them. */
const OFFSETS = ["+3", "-3", "+45", "-90", "+20m", "-20m", "+3h", "-7h", "-30d", "+30d", "+900d", "-3000d"];

/** The next move, at random. */
export function nextMove(table: Table): Move {
	const { random, world } = table;
	const player = random.pick(world.players);
	const machineIndex = random.int(0, world.machines.length - 1);
	const seconds = random.pick([0.3, 1.3, 3, 6, 12]);
	const draw = random.int(0, 99);
	if (draw < 40) return playerMove(table, player, draw, seconds);
	if (draw < 60) return natsMove(table, draw, seconds);
	if (draw < 75) return machineMove(table, machineIndex, draw, seconds);
	return draw < 85 ? clockMove(table, player) : backMove(table, player, draw);
}

function playerMove({ world }: Table, player: Player, draw: number, seconds: number): Move {
	const { name } = player;
	const parts = [name, ...(world.nats ? [] : ["nats"])];
	if (draw < 12)
		return {
			name: `kill coordinator ${name}, start it ${seconds} s later`,
			parts,
			run: () => startAgain(player, "SIGKILL", seconds),
		};
	if (draw < 16)
		return {
			name: `stop coordinator ${name}, start it ${seconds} s later without its snapshot`,
			parts,
			run: () =>
				startAgain(player, "SIGTERM", seconds, () => rmSync(join(player.dataFolder, "snapshot.json"), { force: true })),
		};
	if (draw < 30)
		return {
			name: `pause coordinator ${name} for ${seconds} s`,
			parts,
			run: () => paused(player.upkeep.process.child.pid, seconds),
		};
	return {
		name: `fill the disk of coordinator ${name} for ${seconds} s`,
		parts,
		async run() {
			const free = fillDisk(player.dataFolder);
			await pause(seconds * 1000);
			free();
		},
	};
}

async function startAgain(player: Player, signal: NodeJS.Signals, seconds: number, between?: () => void) {
	await player.upkeep.end(signal);
	await pause(seconds * 1000);
	between?.();
	player.upkeep.start();
}

function natsMove({ world }: Table, draw: number, seconds: number): Move {
	if (draw < 50)
		return {
			name: `kill nats-server${world.nats ? `, start it ${seconds} s later` : ""}`,
			parts: ["nats"],
			async run() {
				if (!world.nats) return signal(world.natsPid(), "SIGKILL");
				await world.nats.kill();
				await pause(seconds * 1000);
				await world.nats.start();
			},
		};
	return {
		name: `pause nats-server for ${seconds} s`,
		parts: ["nats"],
		run: () => paused(world.natsPid(), seconds),
	};
}

function machineMove({ world }: Table, index: number, draw: number, seconds: number): Move {
	const machine = world.machines[index] as TestMachine;
	const { name } = machine;
	const parts = [name];
	if (draw < 65)
		return { name: `kill the agent of ${name}`, parts, run: async () => signal(machine.agentPid(), "SIGKILL") };
	if (draw < 69)
		return {
			name: `pause the agent of ${name} for ${seconds} s`,
			parts,
			run: () => paused(machine.agentPid(), seconds),
		};
	return {
		name: `cut the power of ${name}`,
		parts,
		async run() {
			const [first] = world.players;
			if (!first) return;
			await machine.cutPower();
			await pause(seconds * 1000);
			// Somebody who leads has to make the token of its next boot.
			world.machines[index] = await bootAgain(world, machine);
		},
	};
}

/** Boots a machine anew with a token of whoever leads, as soon as somebody does. Throws what each coordinator said last where nobody does for too long. */
export function bootAgain({ players }: World, machine: TestMachine): Promise<TestMachine> {
	return eventually(
		`a token for ${machine.name}`,
		async () => {
			const said: string[] = [];
			for (const { name, api } of players) {
				try {
					return await machine.bootAgain(api, { loopback: machine.loopback });
				} catch (error) {
					const { message, cause } = error as Error;
					said.push(`${name}: ${cause instanceof Error ? cause.message : message}`);
				}
			}
			throw new Error(said.join("; "));
		},
		SETTLE_MS,
		500,
	);
}

function clockMove({ random }: Table, { name, clock }: Player): Move {
	const offset = random.pick(OFFSETS);
	const seconds = random.int(1, 8);
	return {
		name: `set the clock of coordinator ${name} by ${offset} for ${seconds} s`,
		parts: [`clock ${name}`],
		async run() {
			clock.set(offset);
			await pause(seconds * 1000);
			clock.set("+0");
		},
	};
}

/** Copies of the log, of a whole data folder, and their return. */
function backMove(table: Table, player: Player, draw: number): Move {
	const { world, copies } = table;
	const whole = world.nats === undefined && table.random.chance(0.6);
	const folder = whole ? player.dataFolder : world.store;
	const what = whole ? "the data folder" : "the event log";
	const whileStopped = async (act: () => void): Promise<void> => {
		if (world.nats) {
			await world.nats.kill();
			act();
			await world.nats.start();
		} else await startAgain(player, "SIGTERM", 0, act);
	};
	const parts = world.nats ? ["nats"] : ["nats", player.name, `clock ${player.name}`];
	if (draw < 93 || !copies.has(folder))
		return { name: `copy ${what}`, parts, run: () => whileStopped(() => copies.take(folder)) };
	return {
		name: `put ${what} back from its copy`,
		parts,
		run: () =>
			whileStopped(() => {
				const from = copies.putBack(folder);
				if (from === undefined) return;
				table.excuses.push({ from, to: performance.now() });
				table.forget();
			}),
	};
}

async function paused(pid: number | undefined, seconds: number): Promise<void> {
	signal(pid, "SIGSTOP");
	await pause(seconds * 1000);
	signal(pid, "SIGCONT");
}

/** Sends a signal to a process that may have gone. */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
	if (pid === undefined || pid <= 0) return;
	try {
		process.kill(pid, name);
	} catch {
		// It ended by itself.
	}
}
