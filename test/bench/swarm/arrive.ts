import { setTimeout as sleep } from "node:timers/promises";
import { backoff } from "@rollcall/agent";
import type { EnrollReply, HelloReply } from "@rollcall/protocol";
import { HEALTHY } from "../seed/seed-machine.ts";
import { enroll, TurnedAway } from "./enroll.ts";
import { nowUs } from "./now-us.ts";
import type { Arrival, Member } from "./orders.ts";
import { SimAgent } from "./sim-agent.ts";

/** As the agent's own loops do it. */
const RETRY = { baseMs: 500, maxMs: 10_000 };
/** Answers to a hello that settle nothing. */
const ASK_AGAIN: ReadonlySet<string> = new Set(["not-leader", "not-ready", "too-many-requests", "internal"]);
/** On top of what the coordinator says. */
const JITTER_MS = 1_000;
const GIVE_UP_MS = 180_000;
/** Every 30 to 60 s an agent asks by itself, in case that a notice was lost. */
const REPAIR_MS = 30_000;

/**
 * The life of one agent from its start to `applied`, with the times at which it came to what, counted from `due` (of
 * `performance.now()`). `onBus` gets the agent when it is connected. Never throws: what went wrong is in what it gives back.
 */
export async function arrive(
	coordinator: string,
	{ member, due, onBus }: { member: Member; due: number; onBus: (agent: SimAgent) => void },
): Promise<Arrival> {
	const at = { enrolledMs: 0, connectedMs: 0, targetMs: 0, appliedMs: 0 };
	const since = (): number => performance.now() - due;
	let retries = 0;
	let turnedAway = 0;
	let agent: SimAgent | undefined;
	let seat: string | undefined;
	let hello = { fromUs: 0, toUs: 0 };
	let failed: string | undefined;
	const retried = async <T>(what: () => Promise<T>): Promise<T> => {
		for (let attempt = 0; ; ) {
			try {
				return await what();
			} catch (error) {
				if (since() > GIVE_UP_MS) throw error;
				if (error instanceof TurnedAway) {
					turnedAway++;
					await sleep(error.afterMs + Math.random() * JITTER_MS);
					continue;
				}
				retries++;
				await sleep(backoff(RETRY, attempt++, Math.random()));
			}
		}
	};
	try {
		const enrolled: EnrollReply = await retried(() => enroll(coordinator, member));
		at.enrolledMs = since();
		const connected = await retried(() => SimAgent.connect(member, enrolled, HEALTHY));
		agent = connected;
		at.connectedMs = since();
		connected.beat();
		onBus(connected);
		hello = { fromUs: nowUs(), toUs: 0 };
		const { target } = await firstTarget(connected, { retried, late: () => since() > GIVE_UP_MS });
		at.targetMs = since();
		hello = { ...hello, toUs: nowUs() };
		const { cluster, slot, nodeName } = target.content;
		seat = `${cluster}/${slot}/${nodeName}`;
		await retried(() => connected.applied(target));
		at.appliedMs = since();
	} catch (error) {
		failed = (error as Error).message;
	}
	return { machineId: agent?.machineId, bootId: member.facts.bootId, ...at, hello, seat, retries, turnedAway, failed };
}

/** Says hello until there is a target, each time that the coordinator calls, and again where it has too much to do, as an agent does. */
async function firstTarget(
	agent: SimAgent,
	by: { retried: <T>(what: () => Promise<T>) => Promise<T>; late: () => boolean },
): Promise<Extract<HelloReply, { kind: "target" }>> {
	for (;;) {
		const called = new Promise<void>((resolve) => {
			agent.onNotice = resolve;
		});
		const reply = await by.retried(async () => {
			const answer = await agent.hello();
			if (answer.kind === "problem" && ASK_AGAIN.has(answer.problem.code))
				throw new Error(`hello: ${answer.problem.message}`);
			return answer;
		});
		if (reply.kind === "target") return reply;
		if (reply.kind !== "wait" || by.late()) throw new Error(`hello: ${JSON.stringify(reply).slice(0, 300)}`);
		await Promise.race([called, sleep(REPAIR_MS * (1 + Math.random()), undefined, { ref: false })]);
	}
}
