import { must } from "./broken.ts";
import { hugeDocument } from "./documents.ts";
import type { Machine } from "./machine/machine.ts";
import type { MoveKind } from "./moves.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** So many hellos with other facts come, and so many milliseconds lie between two. */
const HELLOS = 45;
const HELLO_EVERY_MS = 250;
/** So long after a document that does not fit a leader leads still, in milliseconds. */
const STILL_MS = 4_000;

/** Who says more than the log has room for. */
export const ROOM_MOVES: Readonly<Record<string, MoveKind>> = {
	"a machine that nobody let in says something new all the time": { weight: 3, about: "room", act: flap },
	"a document is declared that is larger than an entry may be": { weight: 2, about: "room", act: declareHuge },
};

/** True for a machine that waits for a person to approve it. */
function isPending(world: World, { boot }: Machine): boolean {
	const machineId = boot?.machineId;
	const known = machineId === undefined ? undefined : world.leader()?.fleet?.machines.get(machineId);
	return known !== undefined && known.approval !== "approved" && boot?.link !== undefined;
}

function flap(world: World, luck: Random): void {
	const pending = world.machines.filter((one) => isPending(world, one));
	if (pending.length === 0) return;
	const machine = luck.pick(pending);
	const { boot } = machine;
	for (let count = 0; count < HELLOS; count++)
		world.schedule.after(count * HELLO_EVERY_MS, () => {
			const { machineId, bootId, publicKey } = machine.boot ?? {};
			if (machine.boot !== boot || !boot || boot.over || !machineId || !bootId || !publicKey) return;
			const routes = Array.from({ length: 256 }, (_, at) => ({
				destination: `10.${count}.${at}.0/24 ${luck.hex(40)}`,
				nic: "eth0",
			}));
			const facts = { ...machine.facts(bootId), routes };
			const hello = { bootId, publicKey, facts, generation: 0, renew: false };
			world.ask(machine, { kind: "hello", machineId, hello }, () => {});
		});
}

/** It is refused, and nothing else comes of it. */
function declareHuge(world: World, luck: Random): void {
	const leader = world.leader();
	const document = leader?.fleet?.cluster?.document;
	const { checker, network, schedule, store } = world;
	const { origin } = store;
	if (!leader || !document || checker.terms.newest.leader !== leader.name) return;
	const term = checker.terms.newest;
	leader.ask({ kind: "declare", ...hugeDocument(luck, document), by: "operator", answered: world.answering(leader) });
	const since = schedule.now;
	schedule.after(STILL_MS, () => {
		const isDisturbed = leader.upSince > since || !leader.up || leader.stoodStill(since - STILL_MS) > 0;
		// Who finds out that the log went back, or is another one, begins anew.
		if (store.origin !== origin || checker.terms.newest.leader === "" || checker.doubtedAt >= since) return;
		if (isDisturbed || world.storeIsIll || !network.calmSince(since - STILL_MS)) return;
		must(
			leader.leads && checker.terms.newest === term,
			"a document that does not fit deposes nobody",
			() => `${leader.name} ${leader.ready}, ${checker.terms.newest.leader} was elected`,
		);
	});
}
