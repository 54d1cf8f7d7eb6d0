import type { NatsConnection } from "@nats-io/transport-node";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { joinAs, newAgent, startEmbedded } from "../support/bus.ts";

test("a credential has four connections at most: the oldest are cut, the newest work, and nobody else notices", async (t) => {
	const told: string[] = [];
	const bus = await startEmbedded(t, { onStatus: ({ text }) => told.push(text) });
	const [greedy, calm] = [newAgent("machine-1"), newAgent("machine-2")];
	const quiet = await joinAs(t, bus, calm);
	const all: NatsConnection[] = [];
	for (let index = 0; index < 40; index++) all.push(await joinAs(t, bus, greedy));
	const open = () => all.filter((one) => !one.isClosed());
	await eventually("the others to be cut", () => open().length === 4);
	t.deepEqual(open(), all.slice(-4));
	for (const one of open()) await one.flush();
	await quiet.flush();
	t.false(quiet.isClosed());
	t.is(told.filter((text) => text.includes(greedy.publicKey)).length, 1);
	t.false(told.some((text) => text.includes(calm.publicKey)));
	// Those that went by themselves count no more.
	for (const one of open().slice(0, 3)) await one.close();
	const again = [await joinAs(t, bus, greedy), await joinAs(t, bus, greedy), await joinAs(t, bus, greedy)];
	await again[2]?.flush();
	t.true(again.every((one) => !one.isClosed()));
});

test("the bound holds after the server was started anew", async (t) => {
	const bus = await startEmbedded(t);
	const greedy = newAgent("machine-1");
	await joinAs(t, bus, greedy);
	process.kill(bus.pid(), "SIGKILL");
	const first = await eventually("the server to be back", () => joinAs(t, bus, greedy).catch(() => undefined));
	const all = [first];
	await eventually(
		"connections to be cut",
		async () => {
			all.push(await joinAs(t, bus, greedy));
			return all.some((one) => one.isClosed()) || undefined;
		},
		30_000,
	);
	await eventually("no more than four", () => all.filter((one) => !one.isClosed()).length <= 4);
	t.pass();
});
