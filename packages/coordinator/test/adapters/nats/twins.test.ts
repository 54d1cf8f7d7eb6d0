import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { createClock } from "../../../src/adapters/clock/drawn-clock.ts";
import { type TwinWatch, watchTwins } from "../../../src/adapters/nats/twins.ts";
import { TwinFound } from "../../../src/errors.ts";
import { startEmbedded } from "../support/bus.ts";

const clock = createClock();

function track(t: ExecutionContext, watch: TwinWatch): void {
	t.teardown(() => watch.close());
}

test("a process that starts with the id of one that runs is refused with where that one is, and that one goes on", async (t) => {
	const { connection } = await startEmbedded(t);
	const told: string[] = [];
	const options = { coordinatorId: "c-1", clock, onTwin: (text: string) => void told.push(text) };
	track(t, await watchTwins(connection, { ...options, place: "one:/data", onYield: () => t.fail() }));
	const second = watchTwins(connection, { ...options, place: "two:/data", onYield: () => t.fail() });
	await t.throwsAsync(second, { instanceOf: TwinFound, message: /c-1: one:\/data.*coordinator-id/ });
	t.regex(told.join(), /two:\/data.*this one goes on/);
	track(
		t,
		await watchTwins(connection, { ...options, coordinatorId: "c-2", place: "three:/data", onYield: () => t.fail() }),
	);
	t.is(told.length, 1);
});

for (const [what, dates, stops] of [
	["the one that began later stops", { a: 2, b: 1 }, "a"],
	["exactly one stops where both began at the same date", { a: 1, b: 1 }, undefined],
] as const) {
	test(`of two processes with one id that did not hear each other at their start ${what}`, async (t) => {
		const { connection } = await startEmbedded(t);
		const stopped: string[] = [];
		const watches = await Promise.all(
			(["a", "b"] as const).map((name) =>
				watchTwins(connection, {
					coordinatorId: "c-1",
					place: `${name}:/data`,
					clock: { ...clock, wall: () => dates[name] },
					onTwin: () => {},
					onYield: () => void stopped.push(name),
				}),
			),
		);
		t.teardown(() => watches.map((watch) => watch.close()));
		await eventually("one to stop", () => stopped.length > 0);
		for (const watch of watches) watch.say();
		await connection.nc.flush();
		t.is(new Set(stopped).size, 1);
		if (stops) t.is(stopped[0], stops);
	});
}

test("a process with the same id that is connected and does not answer is told of, and does not keep another from starting", async (t) => {
	const { connection } = await startEmbedded(t);
	connection.nc.subscribe("rollcall.v1.coordinator.c-1", { callback: () => {} });
	const told: string[] = [];
	const options = { coordinatorId: "c-1", place: "one:/data", clock, onYield: () => t.fail() };
	track(t, await watchTwins(connection, { ...options, onTwin: (text) => void told.push(text) }));
	t.regex(told.join(), /does not answer/);
});
