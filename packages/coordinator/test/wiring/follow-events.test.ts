import type { Event } from "@rollcall/protocol";
import test from "ava";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { followEvents } from "../../src/wiring/follow-events.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("which log is followed is noted with the next event where the disk was full, since a lost log is known by it", async (t) => {
	const noted: string[] = [];
	const troubles: string[] = [];
	let isFull = true;
	let tell: (event: Event) => void = () => {};
	const silent = { info: () => {}, error: (_about: object, what: string) => void troubles.push(what) };
	const save = async (origin: string): Promise<void> => {
		if (isFull) throw new Error("ENOSPC");
		noted.push(origin);
	};
	const base = { log: silent, metrics: { event: () => {} }, lastDocument: {}, seenLog: { save } };
	const core = {
		fleet: () => EMPTY_FLEET,
		ready: () => ({ ready: true, reason: "" }),
		subscribe: (listener: typeof tell) => {
			tell = listener;
			return () => {};
		},
	};
	followEvents(base as never, { core: core as never, pki: {} as never, origin: () => "this log", onLeading: () => {} });
	const event = { type: "leader-elected", coordinatorId: "c", url: "https://c", seq: 1, at: 1 } as Event;
	for (let n = 0; n < 2; n++) {
		tell(event);
		await settled();
	}
	t.deepEqual(noted, []);
	t.is(troubles.length, 1);
	isFull = false;
	for (let n = 0; n < 2; n++) {
		tell(event);
		await settled();
	}
	t.deepEqual(noted, ["this log"]);
});
