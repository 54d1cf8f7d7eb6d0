import test from "ava";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { shouldTryToLead } from "../../src/loop/leadership.ts";
import { Listening } from "../../src/loop/listening.ts";

/** A follower that looks four times a second, and has not heard the leader since it began. */
function follower() {
	const world = { now: 10_000, connected: true, reconnects: 0 };
	const listening = new Listening({
		clock: { monotonic: () => world.now } as never,
		connected: () => world.connected,
		reconnects: () => world.reconnects,
	});
	listening.restart();
	const tries = (): boolean =>
		shouldTryToLead({
			coordinatorId: "own",
			fleet: { ...EMPTY_FLEET, leader: { coordinatorId: "other", url: "", seq: 1 } },
			now: world.now,
			since: listening.since(),
			heard: undefined,
		});
	/** When it tries to lead from now on, in milliseconds. */
	const triesAfter = (): number => {
		for (let passed = 0; passed <= 10_000; passed += 250) {
			if (tries()) return passed;
			world.now += 250;
		}
		return Number.POSITIVE_INFINITY;
	};
	return { world, tries, triesAfter };
}

test("a follower tries to lead when it has listened for a while and heard nobody", (t) => {
	t.is(follower().triesAfter(), 2_500);
});

test("who had no connection heard nobody, and listens first when it has one again", (t) => {
	const { world, tries, triesAfter } = follower();
	world.connected = false;
	for (let look = 0; look < 60; look += 1) {
		world.now += 250;
		t.false(tries());
	}
	Object.assign(world, { connected: true, reconnects: 1 });
	t.is(triesAfter(), 2_500);
	const quick = follower();
	quick.world.now += 2_250;
	quick.world.reconnects = 1;
	t.is(quick.triesAfter(), 2_500);
});

test("who did not run heard nobody, and listens first when it goes on", (t) => {
	const { world, triesAfter } = follower();
	world.now += 60_000;
	t.is(triesAfter(), 2_500);
});
