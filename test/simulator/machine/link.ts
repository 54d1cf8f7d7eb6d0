import {
	type AgentParts,
	type Enroll,
	type EnrollOutcome,
	type Link,
	LinkDenied,
	LinkError,
	type LinkEvents,
} from "@rollcall/agent/simulator";
import type { MachineId, Problem } from "@rollcall/protocol";
import type { Reply, Said } from "../messages.ts";
import type { World } from "../world.ts";
import type { AgentProcess } from "./agent-process.ts";
import type { Boot } from "./boot.ts";

/** Until a question counts as one without answer, in milliseconds. */
const REQUEST_MS = 2_000;
const ENROLL_MS = 5_000;

/** Problems that pass by themselves: HTTP says so by its status. */
const PASSING = new Set(["not-leader", "not-ready", "too-many-requests", "internal"]);
/** Held back until another boot is over: asked again soon. */
const NO_ANSWER: Problem = { code: "not-ready", message: "no coordinator answers" };

/** What comes down to an agent that is connected. */
export interface OpenLink {
	readonly machineId: MachineId;
	readonly events: LinkEvents;
	readonly close: (why: string) => void;
}

/** How one process of an agent reaches its coordinators, over a network that may lose everything. */
export function wires(
	world: World,
	boot: Boot,
	agent: AgentProcess,
): { readonly enroll: Enroll; readonly connect: AgentParts["connect"] } {
	const { machine } = boot;
	const { process } = agent;

	function ask(said: Said): Promise<Reply> {
		return new Promise((resolve, reject) => {
			let waits = true;
			const leave = process.after(REQUEST_MS, () => {
				waits = false;
				reject(new LinkError(`${said.kind}: no answer`));
			});
			const answered = (reply: Reply): void =>
				process.run(() => {
					// What comes later, or once more, nobody hears: it is nothing that the agent was given.
					if (!waits) return;
					waits = false;
					leave();
					boot.onReply(said, reply);
					resolve(reply);
				});
			boot.says(() => world.ask(machine, said, answered));
		});
	}

	const enroll: Enroll = (claim) =>
		new Promise((resolve) => {
			let last: Problem = NO_ANSWER;
			let waits = true;
			const settle = (outcome: EnrollOutcome): void => {
				if (!waits) return;
				waits = false;
				leave();
				boot.onEnrolled(outcome);
				resolve(outcome);
			};
			const leave = process.after(ENROLL_MS, () => settle({ ok: false, problem: last, wait: "short" }));
			const answered = (reply: Reply): void =>
				process.run(() => {
					if (reply.kind === "enrolled") settle({ ok: true, reply: reply.reply });
					else if (reply.kind === "problem" && !PASSING.has(reply.problem.code))
						settle({ ok: false, problem: reply.problem, wait: reply.problem.code === "boot-waits" ? "short" : "long" });
					else if (reply.kind === "problem") last = reply.problem;
				});
			boot.says(() => world.ask(machine, { kind: "enroll", claim }, answered));
		});

	const connect: AgentParts["connect"] = async ({ machineId }, events) => {
		await agent.waits(world.random.int(20, 200));
		const connected = (): boolean => world.network.connected(machine.box.name);
		if (!connected()) throw new LinkError("no connection to the bus");
		if (world.revoked.has(boot.publicKey)) throw new LinkDenied("the bus refuses this identity");
		let close = (_why: string): void => {};
		const closed = new Promise<string>((resolve) => {
			close = (why) => {
				if (boot.link === open) boot.link = undefined;
				process.run(() => resolve(why));
			};
		});
		const open: OpenLink = { machineId, events, close };
		boot.link = open;
		const question = async (said: Said): Promise<Reply> => {
			if (!connected() || boot.link !== open) throw new LinkError(`${said.kind}: not connected`);
			return await ask(said);
		};
		process.after(1, () => events.connected());
		return {
			hello: async (hello) =>
				(await question({ kind: "hello", machineId, hello })) as Awaited<ReturnType<Link["hello"]>>,
			report: async (report) => {
				boot.said.set(report.sequence, report);
				return (await question({ kind: "report", machineId, report })) as Awaited<ReturnType<Link["report"]>>;
			},
			certify: async (message) =>
				(await question({ kind: "certify", machineId, message })) as Awaited<ReturnType<Link["certify"]>>,
			bye: async (bye) => {
				world.checker.saidBye.add(bye.bootId);
				return (await question({ kind: "bye", machineId, bye })) as Awaited<ReturnType<Link["bye"]>>;
			},
			routes: async () => {
				throw new LinkError("routes: nobody has routes here");
			},
			beat: (beat) => {
				boot.health = beat.health;
				const goes = connected() && boot.link === open && world.schedule.now >= boot.heldUntil;
				if (goes) world.beat(machine, { machineId, beat });
			},
			connected,
			closed,
			close: async () => close("the agent closed it"),
		};
	};
	return { enroll, connect };
}
