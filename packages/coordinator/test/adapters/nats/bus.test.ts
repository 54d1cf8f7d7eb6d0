import type { NatsConnection } from "@nats-io/transport-node";
import { type Command, downSubject, encode } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { createBeacon, LEAD_SUBJECT } from "../../../src/adapters/nats/beacon.ts";
import { createBus } from "../../../src/adapters/nats/bus.ts";
import { NoResponders } from "../../../src/errors.ts";
import { joinAs, newAgent, startEmbedded } from "../support/bus.ts";

const agent = newAgent("machine-1");
const ping: Command = { kind: "ping", bootId: agent.bootId };

/** An agent that answers every command with these bytes. */
function answerWith(nc: NatsConnection, payload: Uint8Array): Promise<void> {
	nc.subscribe(downSubject(agent.machineId, "command"), {
		callback: (_error, message) => {
			message.respond(payload);
		},
	});
	return nc.flush();
}

async function setUp(t: ExecutionContext) {
	const bus = await startEmbedded(t);
	return {
		bus: createBus(bus.connection, bus.credentials, Date.now),
		credentials: bus.credentials,
		connection: bus.connection,
		nc: await joinAs(t, bus, agent),
	};
}

test("a command reaches its agent, which answers with its own rights only", async (t) => {
	const { bus, nc } = await setUp(t);
	const pong = { kind: "pong", bootId: agent.bootId, generation: 2, uptimeSeconds: 9.5 };
	const asked: unknown[] = [];
	nc.subscribe(downSubject(agent.machineId, "command"), {
		callback: (_error, message) => {
			asked.push(message.json());
			message.respond(encode(pong));
		},
	});
	await nc.flush();
	t.deepEqual(await bus.command(agent.machineId, ping, 5_000), pong);
	t.deepEqual(asked, [ping]);
});

test("a command for an agent that is gone fails at once", async (t) => {
	const { bus, nc } = await setUp(t);
	await nc.close();
	await t.throwsAsync(bus.command(agent.machineId, ping, 60_000), {
		instanceOf: NoResponders,
		message: /machine-1 is not connected/,
	});
});

test("an answer that does not come, or is no answer, is an error that names the machine", async (t) => {
	const { bus, nc } = await setUp(t);
	const silent = nc.subscribe(downSubject(agent.machineId, "command"));
	await nc.flush();
	await t.throwsAsync(bus.command(agent.machineId, ping, 100), { message: /machine-1 did not answer command ping/ });
	silent.unsubscribe();
	await answerWith(nc, encode({ kind: "unheard-of" }));
	await t.throwsAsync(bus.command(agent.machineId, ping, 5_000), { message: /answer of machine machine-1 to ping/ });
});

test("a notice of a target carries its generation, and one without a connection is dropped in silence", async (t) => {
	const { bus, nc, connection } = await setUp(t);
	const notices: unknown[] = [];
	nc.subscribe(downSubject(agent.machineId, "target"), {
		callback: (_error, message) => {
			notices.push(message.json());
		},
	});
	await nc.flush();
	bus.notifyTarget(agent.machineId, 4);
	await eventually("the notice", () => notices.length === 1);
	t.deepEqual(notices, [{ generation: 4 }]);
	await connection.close();
	t.notThrows(() => bus.notifyTarget(agent.machineId, 5));
	await t.throwsAsync(bus.command(agent.machineId, ping, 100), { message: /machine-1 was not sent/ });
});

test("a coordinator hears the newest leader, and neither itself, an older term nor nonsense", async (t) => {
	const { connection } = await setUp(t);
	let now = 1_000;
	const monotonic = (): number => now;
	const beacons = ["a", "b", "c"].map((coordinatorId) => createBeacon(connection, { coordinatorId, monotonic }));
	const [a, b, c] = beacons as [(typeof beacons)[0], (typeof beacons)[0], (typeof beacons)[0]];
	await connection.nc.flush();
	const lead = (coordinatorId: string, term: number) => ({ coordinatorId, url: `http://${coordinatorId}`, term });
	a.announce(lead("a", 10));
	await connection.nc.flush();
	t.is(a.latest(), undefined);
	t.deepEqual(c.latest(), { lead: lead("a", 10), heardAt: 1_000 });
	now = 2_000;
	b.announce(lead("b", 20));
	a.announce(lead("a", 10));
	for (const nonsense of ["", "x".repeat(5_000), encode({ ...lead("d", 30), extra: 1 }), encode(lead("d", 0))])
		connection.nc.publish(LEAD_SUBJECT, nonsense);
	await connection.nc.flush();
	t.deepEqual(c.latest(), { lead: lead("b", 20), heardAt: 2_000 });
	t.deepEqual(a.latest()?.lead, lead("b", 20));
	now = 10_000;
	t.is(c.latest(), undefined, "a leader of long ago says nothing");
	a.announce(lead("a", 3));
	await connection.nc.flush();
	t.deepEqual(c.latest()?.lead, lead("a", 3), "a log that was begun again counts its terms from the start");
	for (const beacon of beacons) beacon.close();
});
