import type { HelloReply } from "@rollcall/protocol";
import test from "ava";
import { LookAgain } from "../../src/loop/look-again.ts";
import { addressOf } from "../domain/hardware.ts";
import { Story } from "../domain/story.ts";

const WAIT: HelloReply = { kind: "wait", reason: "no seat is free" };

/** A boot that was not observed since its relay was away, and what it is told. */
function scene() {
	const story = new Story();
	const machineId = story.join({ name: "a" });
	const claimed = { ...story.machine(machineId), unobserved: "relay far is away" };
	const here = { now: 0, relay: true, asked: [] as (readonly string[])[] };
	const lookAgain = new LookAgain({
		monotonic: () => here.now,
		canSee: (addresses) => {
			here.asked.push(addresses);
			return here.relay;
		},
	});
	const isAsked = (machine = claimed, reply = WAIT): boolean => lookAgain.instead(machine, reply).kind === "problem";
	return { claimed, here, lookAgain, isAsked };
}

test("a boot that was not observed is asked to enroll again when its relay is there, at most once a minute and ever more seldom", (t) => {
	const { claimed, here, lookAgain, isAsked } = scene();
	here.relay = false;
	t.false(isAsked());
	here.relay = true;
	const told = lookAgain.instead(claimed, WAIT);
	t.like(told, { kind: "problem", problem: { code: "unauthorized", machineId: claimed.machineId } });
	t.deepEqual(here.asked.at(-1), [`${addressOf("a")}/16`]);
	const times: number[] = [];
	for (here.now = 1_000; here.now <= 7_200_000; here.now += 1_000) if (isAsked()) times.push(here.now / 1_000);
	t.deepEqual(times, [60, 180, 420, 900, 1860, 3780]);
	const next = { ...claimed, bootId: "0e6f0a52-0000-4a57-9d3e-30b0f0c8a911" as never };
	t.true(isAsked(next), "another boot");
});

test("nobody is asked who was observed, who has a seat, whom no relay should have seen, or who gets another answer", (t) => {
	const { claimed, isAsked } = scene();
	t.false(isAsked({ ...claimed, grade: "observed" }));
	t.false(isAsked({ ...claimed, seat: { slot: "w" } as never }));
	t.false(isAsked({ ...claimed, unobserved: undefined as never }));
	t.false(isAsked(claimed, { kind: "fenced", reason: "over" } as never));
	t.false(isAsked(claimed, { ...WAIT, jwt: "a new credential" } as never));
	t.true(isAsked());
});
