import { setTimeout as pause } from "node:timers/promises";
import type { Status } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import type { Scope } from "@rollcall/test-support/own-folder";
import { Random } from "../../simulator/random.ts";
import { Fault, must } from "../fault.ts";
import type { Timeline } from "../timeline.ts";
import { checkAcknowledged, checkOrder, checkWrites, type Excuse, tally } from "./check.ts";
import { History } from "./history.ts";
import { bootAgain, type Move, nextMove, SETTLE_MS, type Table } from "./moves.ts";
import { Copies, documentOf, type Player, startWorld, type World, type WorldOptions } from "./world.ts";
import { ask, startWriters } from "./writer.ts";

/** So many moves go on at a time. */
const AT_ONCE = 3;

/** What a process says at its end that nobody foresaw. */
const CRASH = /^rollcall coordinator: .*\n\s+at |^Node\.js v\d/m;

/** What a person is asked for where nobody proves etcd's memory. */
const BEGIN_WITH_NOTHING = "rollcall etcd restore none";

/** What a trial came to. */
export interface Ran {
	readonly moves: number;
	readonly acknowledged: number;
	readonly events: number;
}

/** What the seed of a trial means: who takes part. */
function wishOf(random: Random): WorldOptions {
	const shared = random.pick([undefined, 2, undefined, 3]);
	return {
		shared,
		machines: 2,
		// The least that is allowed: older entries are taken out again and again.
		logBytes: shared === undefined && random.chance(0.3) ? 1024 * 1024 : undefined,
	};
}

/**
 * One trial with the event log: everything is started, treated badly for so long, left alone, and looked at. Throws a Fault for
 * what must not be, and an Error for what did not come in time. `keep`: gets what the processes said, whatever comes.
 */
export async function runLogTrial(
	t: Scope,
	trial: {
		readonly seed: number;
		readonly seconds: number;
		readonly timeline: Timeline;
		readonly shared?: number | null;
	},
	keep: (name: string, text: () => string) => void,
): Promise<Ran> {
	const { seed, seconds, timeline } = trial;
	const random = new Random(seed);
	const drawn = wishOf(random);
	const wish = trial.shared === undefined ? drawn : { ...drawn, shared: trial.shared ?? undefined };
	timeline.tell(
		`log trial of seed ${seed}: ${wish.shared ?? "one coordinator with its own"}${wish.shared ? " coordinators on one" : ""} nats-server${wish.logBytes ? ", small log" : ""}`,
	);
	const world = await startWorld(t, wish, timeline);
	for (const player of world.players) keep(`coordinator-${player.name}`, () => player.upkeep.output());
	for (const [index, { name }] of world.machines.entries())
		keep(name, () => world.machines[index]?.process.output() ?? "");
	await settled(world);
	const writers = startWriters(world.players, documentOf);
	t.teardown(() => writers.stop());
	const history = new History(world.players);
	const excuses: Excuse[] = [];
	const table: Table = { world, random, copies: new Copies(t), excuses, forget: () => history.forget() };
	const moves = await play(table, seconds, timeline);
	// Each label that is written is a new target: on a busy computer no machine is ready with one before the next.
	await settled(world, { ready: false });
	const calm = performance.now();
	await eventually(
		"a write of each kind",
		() => {
			checkAcknowledged(writers.writes, calm);
			return true;
		},
		SETTLE_MS,
	);
	await writers.stop();
	const leader = await settled(world);
	const end = await leader.api.status();
	const stored = await world.stored();
	const events = await history.complete(leader);
	for (const player of world.players) await history.complete(player);
	await history.stop();
	for (const { name, upkeep } of world.players)
		must(!CRASH.test(upkeep.output()), `coordinator ${name} ends with a sentence`, () => upkeep.output().slice(-4000));
	const names = new Map(world.players.map(({ id, name }) => [id, name]));
	checkWrites({ events, writes: writers.writes, excuses, names });
	checkOrder(stored, { end, back: excuses.length > 0 });
	const acknowledged = writers.writes.filter(({ ackedAt }) => ackedAt !== undefined).length;
	timeline.tell(
		`${moves} moves, ${acknowledged} acknowledged writes found again of ${writers.writes.length} (${tally(writers.writes)}), ${events.length} events`,
	);
	return { moves, acknowledged, events: events.length };
}

/** Does moves until time is over, and waits for the last ones. Returns how many. */
async function play(table: Table, seconds: number, timeline: Timeline): Promise<number> {
	const end = performance.now() + seconds * 1000;
	const busy = new Set<string>();
	const going = new Set<Promise<void>>();
	let count = 0;
	let failure: unknown;
	const begin = (move: Move): void => {
		count += 1;
		timeline.tell(move.name);
		for (const part of move.parts) busy.add(part);
		const done = move
			.run()
			.catch((error) => {
				timeline.tell(`it failed to ${move.name}: ${(error as Error).message}`);
				failure ??= error;
			})
			.finally(() => {
				for (const part of move.parts) busy.delete(part);
				going.delete(done);
			});
		going.add(done);
	};
	while (performance.now() < end && failure === undefined) {
		const move = nextMove(table);
		if (going.size < AT_ONCE && !move.parts.some((part) => busy.has(part))) begin(move);
		await pause(table.random.int(100, 3000));
	}
	await Promise.all(going);
	if (failure !== undefined) throw failure;
	return count;
}

/** Boots a machine again whose token a log does not know that went back, or that ended by a step of the clock, as a person does who reads that it was refused. */
async function bootRefused(world: World): Promise<void> {
	for (const [index, machine] of world.machines.entries())
		if (/enrollment refused.*token-(?:unknown|expired)/.test(machine.process.output())) {
			await machine.cutPower();
			world.machines[index] = await bootAgain(world, machine);
		}
}

/** Waits until one coordinator leads, all others follow it at the same place, the log is not in doubt, and, unless that is not asked for, all machines are ready. Returns the leader. */
async function settled(world: World, { ready = true } = {}): Promise<Player> {
	const { players, machines } = world;
	return eventually(
		"everything to be well",
		async () => {
			const said = await Promise.all(players.map((player) => ask(player, "GET", "/v1/status")));
			const all = said.map((answer) => (answer?.status === 200 ? (answer.body as Status) : undefined));
			const leaders = players.filter((_, index) => all[index]?.leader);
			const [leader] = leaders;
			const told = (): string =>
				all
					.map((one) => `${one?.leader} ${one?.seq} ${one?.logDoubt ?? ""} ${JSON.stringify(one?.machines)}`)
					.join("; ");
			if (!leader || leaders.length !== 1) throw new Fault(`one leads: ${told()}`);
			await bootRefused(world);
			const one = all[players.indexOf(leader)];
			if (one?.logDoubt) throw new Fault(`no doubt: ${told()}`);
			if (all.some((other) => (other?.seq ?? -1) < (one?.seq ?? 0) - 50)) throw new Fault(`all follow: ${told()}`);
			if (ready && one?.machines.ready !== machines.length) {
				const views = await leader.api.machines();
				// Power was cut while the log was in doubt: that no memory of etcd is left only a person can say.
				if (views.some(({ reason }) => reason.includes(BEGIN_WITH_NOTHING))) await beginWithNothing(leader);
				throw new Fault(views.map(({ machineId, phase, reason }) => `${machineId} ${phase}: ${reason}`).join("; "));
			}
			return leader;
		},
		SETTLE_MS,
		500,
	);
}

/** Says what a person says who knows that no machine holds etcd's memory. */
async function beginWithNothing(leader: Player): Promise<void> {
	await ask(leader, "POST", "/v1/etcd/restore", { from: "none" });
}
