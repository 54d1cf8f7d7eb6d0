import type { Event } from "@rollcall/protocol";
import test from "ava";
import { EMPTY_FLEET } from "../../src/domain/fleet.ts";
import { hearFromLog } from "../../src/keepers/boot-history.ts";

test("the past is heard before the present, each event once, also those that come while it is read", async (t) => {
	const log: Event[] = [];
	const listeners: ((event: Event) => void)[] = [];
	let open = false;
	const append = (): void => {
		const event = { type: "token-revoked", tokenId: "x", by: "t", seq: log.length + 1, at: 0 } as Event;
		log.push(event);
		for (const listener of listeners) listener(event);
	};
	const heard: number[] = [];
	const history = hearFromLog(
		{
			fleet: () => ({ ...EMPTY_FLEET, seq: log.length }),
			ready: () => ({ ready: open, reason: "" }),
			subscribe: (listener) => {
				listeners.push(listener);
				return () => undefined;
			},
			events: async (after, limit) => {
				if (log.length < 12) append();
				await new Promise((resolve) => setImmediate(resolve));
				return log.slice(after, after + Math.min(limit, 4));
			},
		},
		(event) => heard.push(event.seq),
	);
	for (let n = 0; n < 10; n++) append();
	history.look();
	t.deepEqual(heard, []);
	open = true;
	history.look();
	history.look();
	for (let tries = 0; heard.length < 12 && tries < 1000; tries++) await new Promise((resolve) => setImmediate(resolve));
	await new Promise((resolve) => setImmediate(resolve));
	append();
	history.look();
	append();
	t.deepEqual(
		heard,
		Array.from({ length: 14 }, (_, n) => n + 1),
	);
});
