import type { LogMark } from "@rollcall/coordinator/simulator";
import type { Event } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import type { World } from "./world.ts";

/** So long a leader may take to notice, in milliseconds. */
const NOTICED_MS = 4_000;

/** The newest entries are not there any more. Whoever leads for a while after that must have noticed. `restarts`: the server that has the log begins anew; by chance where nothing is said. */
export function goBack(world: World, harm: () => void, restarts = world.random.chance(0.5)): void {
	const { checker, store } = world;
	const isRead = ({ folder }: Coordinator) => folder.read<LogMark>("mark")?.origin === `log-${store.origin}`;
	// Who has not found out yet that the log was deleted before that begins anew, which tells the same. Who believes still that he leads, while another one was elected, may know nothing of what is lost.
	const isElected = ({ name }: Coordinator) => checker.terms.newest.leader === name;
	const leader = world.coordinators.find((one) => one.leads && isElected(one) && isRead(one));
	const began = leader?.upSince;
	harm();
	checker.onWentBack();
	if (restarts) world.restartBus();
	const { origin, last } = store;
	const known = world.coordinators.map(({ folder }) => folder.read<LogMark>("mark"));
	// Who leads next must know it: a follower alone cannot tell.
	if (known.every((mark) => mark?.origin === `log-${origin}` && mark.position > last)) checker.backUntold = true;
	world.story.tell("  (some of what was acknowledged is gone)");
	const since = world.schedule.now;
	world.schedule.after(NOTICED_MS, () => {
		const { network, schedule } = world;
		const undisturbed = leader?.upSince === began && leader?.leads && leader.stoodStill(0) === 0 && !world.storeIsIll;
		// One that was deleted since is begun anew, which tells the same.
		if (!undisturbed || store.origin !== origin || !network.calmSince(schedule.now - NOTICED_MS)) return;
		must(
			checker.doubtedAt >= since,
			"a leader notices that the log went back",
			() => `${leader.name} leads on behind ${last}`,
		);
	});
}

/** Loses what was just recorded, where a move said so. Nobody begins anew by it: who is told nothing has to ask. */
export function loseWhatIs(world: World, event: Event): void {
	const { loses, store } = world;
	if (loses && event.type === loses.behind) world.loses = { ...loses, behind: undefined };
	if (event.type !== loses?.what || loses.behind !== undefined) return;
	if (event.type === "target-progress" && event.progress.state !== "applied") return;
	world.loses = undefined;
	// The entry that is being stored is the last one.
	const { origin } = store;
	const last = loses.stays ? store.last + 1 : store.last;
	world.schedule.after(loses.after, () => {
		if (store.origin !== origin) return;
		const count = store.last - last + 1;
		if (loses.all) store.lose();
		else if (count > 0 && last > store.first) goBack(world, () => store.loseTail(count), false);
	});
}
