import { setTimeout as sleep } from "node:timers/promises";
import { HEALTHY } from "../seed/seed-machine.ts";
import { arrive } from "./arrive.ts";
import { enroll } from "./enroll.ts";
import { nowUs } from "./now-us.ts";
import type { Answered, Death, Member, Orders, Sent, Span, ToldRoutes } from "./orders.ts";
import { SimAgent } from "./sim-agent.ts";

/** As many connections are opened at the same time; more would only wait for one another. */
const AT_A_TIME = 64;
const MOST_ATTEMPTS = 5;
const BEAT_MS = 2_000;
const BEAT_SLICE_MS = 10;

type Handlers = { [N in keyof Orders]: (order: Orders[N]["order"]) => Promise<Orders[N]["answer"]> };

const agents: SimAgent[] = [];
const silent = new Set<SimAgent>();
/** Set once routes are asked for. */
let told: ToldRoutes[] | undefined;

const handlers: Handlers = {
	async arrive({ coordinator, members, overMs }) {
		const begun = performance.now();
		const lives = members.map(async (member, index) => {
			const due = begun + (index / members.length) * overMs;
			await sleep(Math.max(0, due - performance.now()));
			return arrive(coordinator, { member, due, onBus });
		});
		beatForAll();
		return Promise.all(lives);
	},
	async connect({ coordinator, members }) {
		const left = [...members];
		const connectNext = async (): Promise<void> => {
			for (let member = left.pop(); member; member = left.pop())
				agents.push(await connectPatiently(coordinator, member));
		};
		await Promise.all(Array.from({ length: AT_A_TIME }, connectNext));
		return agents.map(({ machineId }) => machineId);
	},
	async beat() {
		beatForAll();
		return null;
	},
	async silence({ count, overMs }) {
		const drawn = [...agents].sort(() => Math.random() - 0.5).slice(0, count);
		const dying = drawn.map(async (agent): Promise<Death> => {
			await sleep(Math.random() * overMs);
			silent.add(agent);
			return { machineId: agent.machineId, at: Date.now(), lastBeatAt: agent.lastBeatAt };
		});
		return Promise.all(dying);
	},
	async end({ machineIds }) {
		const ended = new Set(machineIds);
		for (const agent of agents) if (ended.has(agent.machineId)) silent.add(agent);
		return null;
	},
	async routes() {
		told = [];
		for (const agent of agents) agent.followRoutes((change) => void told?.push(change));
		return null;
	},
	async told() {
		const since = told ?? [];
		told = [];
		return since;
	},
	async hello({ count, everyMs }) {
		const hellos: Span[] = [];
		const roundTripMs: number[] = [];
		for (let asked = 0; asked < count; asked++) {
			const agent = agents[(asked * 7919) % agents.length];
			if (!agent) throw new Error("nobody is connected");
			roundTripMs.push(await agent.roundTrip());
			const fromUs = nowUs();
			const reply = await agent.hello();
			if (reply.kind !== "target") throw new Error(`hello: ${JSON.stringify(reply).slice(0, 300)}`);
			hellos.push({ fromUs, toUs: nowUs() });
			await sleep(everyMs);
		}
		return { hellos, roundTripMs };
	},
};

/** Takes an agent that is connected: it beats from now on, and follows routes if that is asked for. */
function onBus(agent: SimAgent): void {
	agents.push(agent);
	if (told) agent.followRoutes((change) => void told?.push(change));
}

let beating = false;

/** Has every agent beat as a real one does, from when it is connected. */
function beatForAll(): void {
	if (beating) return;
	beating = true;
	// One timer for all: 10,000 timers of their own would be the load that is measured.
	let next = 0;
	let owed = 0;
	let last = performance.now();
	setInterval(() => {
		const now = performance.now();
		owed += ((now - last) / BEAT_MS) * agents.length;
		last = now;
		for (; owed >= 1; owed--) {
			const agent = agents[next++ % agents.length];
			if (agent && !silent.has(agent)) agent.beat();
		}
	}, BEAT_SLICE_MS);
}

/** A coordinator that has just started may be too busy to answer in time; agents ask again. */
async function connectPatiently(coordinator: string, member: Member): Promise<SimAgent> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await SimAgent.connect(member, await enroll(coordinator, member), HEALTHY);
		} catch (error) {
			if (attempt === MOST_ATTEMPTS) throw error;
		}
	}
}

process.on("message", (message: Sent) => {
	const handler = handlers[message.name] as (order: unknown) => Promise<unknown>;
	handler(message.order).then(
		(answer) => process.send?.({ id: message.id, answer } satisfies Answered),
		(error: Error) => process.send?.({ id: message.id, error: String(error.stack) } satisfies Answered),
	);
});
// Whoever started this process is gone.
process.on("disconnect", () => process.exit(0));
