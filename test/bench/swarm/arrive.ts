import { setTimeout as sleep } from "node:timers/promises";
import type { EnrollReply, HelloReply } from "@rollcall/protocol";
import { HEALTHY } from "../seed/seed-machine.ts";
import { enroll } from "./enroll.ts";
import type { Arrival, Member } from "./orders.ts";
import { SimAgent } from "./sim-agent.ts";

const RETRY_MS = 500;
const GIVE_UP_MS = 90_000;
/** An agent asks again by itself when no notice came. */
const ASK_AGAIN_MS = 2_000;

/**
 * The life of one agent from its start to `applied`, with the times at which it came to what, counted from `due` (of
 * `performance.now()`). Never throws: what went wrong is in what it gives back.
 */
export async function arrive(
	coordinator: string,
	{ member, due }: { member: Member; due: number },
): Promise<{ arrival: Arrival; agent: SimAgent | undefined }> {
	const at = { enrolledMs: 0, connectedMs: 0, targetMs: 0, appliedMs: 0 };
	const since = (): number => performance.now() - due;
	let retries = 0;
	let agent: SimAgent | undefined;
	let seat: string | undefined;
	let failed: string | undefined;
	const retried = async <T>(what: () => Promise<T>): Promise<T> => {
		for (;;) {
			try {
				return await what();
			} catch (error) {
				if (since() > GIVE_UP_MS) throw error;
				retries++;
				await sleep(RETRY_MS * (0.5 + Math.random()));
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
		const { target } = await firstTarget(connected, { retried, late: () => since() > GIVE_UP_MS });
		at.targetMs = since();
		const { cluster, slot, nodeName } = target.content;
		seat = `${cluster}/${slot}/${nodeName}`;
		await retried(() => connected.applied(target));
		at.appliedMs = since();
	} catch (error) {
		failed = (error as Error).message;
	}
	return {
		arrival: { machineId: agent?.machineId, bootId: member.facts.bootId, ...at, seat, retries, failed },
		agent,
	};
}

/** Says hello until there is a target, each time that the coordinator calls. */
async function firstTarget(
	agent: SimAgent,
	by: { retried: <T>(what: () => Promise<T>) => Promise<T>; late: () => boolean },
): Promise<Extract<HelloReply, { kind: "target" }>> {
	for (;;) {
		const called = new Promise<void>((resolve) => {
			agent.onNotice = resolve;
		});
		const reply = await by.retried(() => agent.hello());
		if (reply.kind === "target") return reply;
		if (reply.kind !== "wait" || by.late()) throw new Error(`hello: ${JSON.stringify(reply).slice(0, 300)}`);
		await Promise.race([called, sleep(ASK_AGAIN_MS, undefined, { ref: false })]);
	}
}
