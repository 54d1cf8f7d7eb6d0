import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "@rollcall/protocol";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { commandLine, descendantsOf } from "@rollcall/test-support/process-table";
import { createScope } from "../../lab/scope.ts";
import {
	type CoordinatorOptions,
	launchCoordinator,
	REHEARSAL_DOCUMENT,
	startCoordinator,
	type TestCoordinator,
} from "../../support/coordinator.ts";
import { type ExternalNats, entriesAt, startExternalNats } from "../../support/external-nats.ts";
import { startMachine, type TestMachine } from "../../support/machine.ts";
import { mountTmpfs } from "../../support/mount.ts";
import { type WallClock, wallClock } from "../../support/wall-clock.ts";
import type { Timeline } from "../timeline.ts";
import { keepUp, type Upkeep } from "./upkeep.ts";
import type { Door } from "./writer.ts";

/** What a data folder's disk has: little, so that it is full in a moment. */
const DISK = "size=192m,mode=0700";

/** A coordinator that is killed and started again; its place stays. */
export interface Player extends Door {
	readonly id: string;
	readonly dataFolder: string;
	readonly api: TestCoordinator;
	/** The NATS that it uses. */
	readonly natsUrl: string;
	readonly clock: WallClock;
	readonly upkeep: Upkeep;
}

/** A trial's processes. */
export interface World {
	readonly players: readonly Player[];
	/** The NATS that all players share; undefined where the one player has its own. */
	readonly nats: ExternalNats | undefined;
	readonly machines: TestMachine[];
	/** The store of the event log. */
	readonly store: string;
	natsPid(): number | undefined;
	/** All events that the log's stream holds. */
	stored(): Promise<Event[]>;
}

export interface WorldOptions {
	/** So many coordinators on a NATS of its own; one with the embedded NATS without it. */
	readonly shared: number | undefined;
	readonly machines: number;
	/** The bound of the event log; large without it. */
	readonly logBytes: number | undefined;
}

/** The document number n: its number is in the name of a rule that lets nobody in. */
export function documentOf(number: number): string {
	const rule = `    - { name: torture-${number}, selector: { labels: { torture: nobody } } }\n`;
	return REHEARSAL_DOCUMENT.replace(/^( {2}rules:\n)/m, `$1${rule}`);
}

/** Starts everything. */
export async function startWorld(t: Scope, wish: WorldOptions, timeline: Timeline): Promise<World> {
	const nats = wish.shared === undefined ? undefined : await startExternalNats(t);
	const count = wish.shared ?? 1;
	const players: Player[] = [];
	for (let index = 0; index < count; index++) players.push(await startPlayer(t, index, { ...wish, nats, timeline }));
	const [first] = players;
	if (!first) throw new Error("no coordinator");
	const coordinatorUrls = players.map(({ url }) => url);
	const machines = await Promise.all(
		Array.from({ length: wish.machines }, (_, index) =>
			startMachine(t, first.api, { name: `tortured-${index + 1}`, coordinatorUrls, rejoinAfter: 10 }),
		),
	);
	return {
		players,
		nats,
		machines,
		stored: async () => (await entriesAt(first.natsUrl, nats?.keys ?? join(first.dataFolder, "keys"))).flat(),
		store: nats?.store ?? join(first.dataFolder, "nats"),
		natsPid: () =>
			nats?.pid() ??
			descendantsOf(first.upkeep.process.child.pid ?? -1).find((pid) => /^\S*nats-server /.test(commandLine(pid))),
	};
}

async function startPlayer(
	t: Scope,
	index: number,
	{ logBytes, nats, timeline }: WorldOptions & { readonly nats: ExternalNats | undefined; readonly timeline: Timeline },
): Promise<Player> {
	const name = "abc"[index] ?? "x";
	const dataFolder = join(ownFolder(t), "data");
	mountTmpfs(t, dataFolder, DISK);
	const clock = wallClock(t, "+0");
	const natsPort = await freePort();
	const embedded = { host: "127.0.0.1", port: natsPort, ...(logBytes ? { logBytes } : {}) };
	const options: CoordinatorOptions = {
		...(nats?.options() ?? { nats: { embedded } }),
		dataFolder,
		natsPort,
		environment: clock.environment,
		document: documentOf(0),
	};
	const own = createScope();
	t.teardown(() => own.end());
	const api = await startCoordinator(own, options);
	const { coordinatorId: id } = await api.status();
	const again = { ...options, dataFolder, natsPort, port: Number(new URL(api.url).port) };
	const upkeep = keepUp(
		api.process,
		() => launchCoordinator(own, again),
		(what) => timeline.tell(`coordinator ${name} ${what}`),
	);
	// The first thing to end, so that no process counts as one that ended by itself.
	t.teardown(() => upkeep.end());
	return {
		name,
		id,
		url: api.url,
		token: api.token,
		dataFolder,
		natsUrl: nats?.url ?? `tls://127.0.0.1:${natsPort}`,
		api,
		clock,
		upkeep,
	};
}

/** Copies of folders, made while nothing writes to them. */
export class Copies {
	readonly #folder: string;
	#count = 0;
	readonly #made: { readonly of: string; readonly copy: string; readonly takenAt: number }[] = [];

	constructor(t: Scope) {
		this.#folder = ownFolder(t);
	}

	take(of: string): void {
		const copy = join(this.#folder, String(++this.#count));
		cpSync(of, copy, { recursive: true });
		this.#made.push({ of, copy, takenAt: performance.now() });
	}

	has(of: string): boolean {
		return this.#made.some((one) => one.of === of);
	}

	/** Puts the newest copy of a folder back into its place. Returns when it was taken; undefined where there is none. */
	putBack(of: string): number | undefined {
		const found = this.#made.findLast((one) => one.of === of);
		if (!found) return undefined;
		for (const entry of readdirSync(of)) rmSync(join(of, entry), { recursive: true, force: true });
		cpSync(found.copy, of, { recursive: true });
		return found.takenAt;
	}
}

/** Fills a folder's disk until nothing more fits; returns what frees it again. */
export function fillDisk(folder: string): () => void {
	const file = join(folder, "fill");
	const block = Buffer.alloc(1024 * 1024);
	try {
		for (let n = 0; n < 1024; n++) writeFileSync(file, block, { flag: "a" });
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
	}
	return () => rmSync(file, { force: true });
}
