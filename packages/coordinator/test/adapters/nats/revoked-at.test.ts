import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { connectAgent, newAgent, startEmbedded, type TestAgent } from "../support/bus.ts";

// It sets the wall clock, so that it runs in a process of its own.
const real = Date.now;
let wallAhead = 0;
Date.now = () => real() + wallAhead;

const HOURS = 3_600_000;
const YEARS = 8_766 * HOURS;

/** A bus whose log's time passes as the test says, whatever becomes of the wall clock. */
async function setUp(t: ExecutionContext) {
	wallAhead = 0;
	let time = real();
	const bus = await startEmbedded(t, { now: () => time });
	return {
		...bus,
		pass: (ms: number) => {
			time += ms;
		},
		issue: async ({ machineId, bootId, publicKey }: TestAgent) =>
			(await bus.credentials.issue(machineId, bootId, publicKey)).jwt,
		enter: (agent: TestAgent, jwt: string) => connectAgent(t, bus.url, { agent, jwt }),
	};
}

test.serial("a credential that was issued while the wall clock was ahead ends when its boot is over", async (t) => {
	const bus = await setUp(t);
	const agent = newAgent("machine-1");
	wallAhead = 2 * HOURS;
	const jwt = await bus.issue(agent);
	const open = await bus.enter(agent, jwt);
	wallAhead = 0;
	bus.pass(2_000);
	await bus.credentials.revoke([agent.publicKey]);
	await eventually("the connection to be cut", () => open.isClosed());
	await t.throwsAsync(bus.enter(agent, jwt), { message: /authorization/i });
});

test.serial(
	"what ended stays ended when others end while the wall clock is ten years ahead, and it is put right",
	async (t) => {
		const bus = await setUp(t);
		const agent = newAgent("machine-1");
		const jwt = await bus.issue(agent);
		await bus.credentials.revoke([agent.publicKey]);
		wallAhead = 10 * YEARS;
		bus.pass(2_000);
		await bus.credentials.revoke([newAgent("machine-2").publicKey]);
		wallAhead = 0;
		await t.throwsAsync(bus.enter(agent, jwt), { message: /authorization/i });
	},
);

test.serial(
	"a credential that was issued while the wall clock was ten years ahead stays ended when the longest life of one is over",
	async (t) => {
		const bus = await setUp(t);
		const agent = newAgent("machine-1");
		wallAhead = 10 * YEARS;
		const jwt = await bus.issue(agent);
		wallAhead = 0;
		await bus.credentials.revoke([agent.publicKey]);
		bus.pass(48 * HOURS);
		await bus.credentials.revoke([newAgent("machine-2").publicKey]);
		await t.throwsAsync(bus.enter(agent, jwt), { message: /authorization/i });
	},
);

test.serial(
	"a boot that is let in again has a credential, also where the wall clock was set back since the one before ended",
	async (t) => {
		const bus = await setUp(t);
		const agent = newAgent("machine-1");
		wallAhead = 2 * HOURS;
		await bus.issue(agent);
		await bus.credentials.revoke([agent.publicKey]);
		wallAhead = 0;
		bus.pass(2_000);
		t.false((await bus.enter(agent, await bus.issue(agent))).isClosed());
	},
);
