import { type createClock, TwinFound, watchTwins } from "@rollcall/coordinator/simulator";
import { must } from "./broken.ts";
import { Coordinator } from "./coordinator.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** So long two may run with one id, in milliseconds: each says every five seconds that it runs. */
const ALONE_WITHIN_MS = 12_000;
/** After so long, in milliseconds, whoever stopped for another one is started again, as by its unit. */
const AGAIN_MS = 10_000;

/** Begins a life of a coordinator where nobody else on the bus has its id, and ends it where somebody has. */
export function beginAlone(
	world: World,
	of: { readonly by: Coordinator; readonly process: Process; readonly clock: ReturnType<typeof createClock> },
	begin: () => void,
): void {
	const { by, process, clock } = of;
	const tell = (text: string): void => {
		if (process.alive) world.story.tell(`${by.name}: ${text}`);
	};
	const stop = (error: unknown): void => {
		if (!(error instanceof TwinFound)) world.onThrown(error);
		if (!(error instanceof TwinFound) || !process.alive) return;
		tell(error.message);
		by.crash();
		world.schedule.after(AGAIN_MS, () => world.coordinators.includes(by) && by.start());
	};
	const options = {
		coordinatorId: by.id,
		place: by.name,
		clock,
		instance: `00000000-0000-4000-8000-${world.random.hex(12)}`,
	};
	watchTwins(world.twins.join(by.name, process), { ...options, onTwin: tell, onYield: stop }).then((watch) => {
		if (!process.alive) return;
		world.twins.watches(by.name, watch);
		begin();
	}, stop);
}

/** Starts a coordinator on a copy of another one's data folder. */
export function startCopy(world: World, of: Coordinator): void {
	const copy = new Coordinator(world, `${of.name}-copy`, of.id);
	copy.folder.restore(of.folder.copy());
	world.coordinators = [...world.coordinators, copy];
	copy.start();
}

/** Somebody ends all copies. */
export function endCopies(world: World): void {
	const copies = world.coordinators.filter(isCopy);
	world.coordinators = world.coordinators.filter((one) => !isCopy(one));
	for (const copy of copies) {
		copy.crash();
		for (const one of world.coordinators) one.ledUntil = Math.max(one.ledUntil, copy.ledUntil);
	}
}

export function isCopy({ name, id }: Coordinator): boolean {
	return name !== id;
}

/** Of two with one id that can hear each other one alone goes on. */
export function checkAlone(world: World): void {
	const since = world.schedule.now - ALONE_WITHIN_MS;
	const able = world.coordinators.filter(
		(one) => one.up && one.upSince <= since && one.pausedUntil <= since && world.network.isJoinedSince(one.name, since),
	);
	for (const one of able) {
		const other = able.find(({ id }) => id === one.id);
		must(
			other === one,
			"one alone has a coordinator's id",
			() => `${one.name} and ${other?.name} run since ${one.upSince} and ${other?.upSince}`,
		);
	}
}
