import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Cleanup } from "../cleanup.ts";
import { costOf } from "../process-cost.ts";
import type { SeededMachine } from "../seed/ready-fleet.ts";
import { livingMember } from "./members.ts";
import type { Answered, Orders } from "./orders.ts";

const PROCESS = fileURLToPath(new URL("./process.ts", import.meta.url));

/** A process full of simulated agents. */
export interface Swarm {
	/** Gives an order and waits for its answer. Throws what went wrong there, also when the process ends. */
	tell<N extends keyof Orders>(name: N, order: Orders[N]["order"]): Promise<Orders[N]["answer"]>;
	/** What it used of a processor so far, in milliseconds: what the simulation itself takes away from what is measured. */
	cpuMs(): number;
}

/** Starts an empty swarm. Ended with the cleanup. */
export function startSwarm(cleanup: Cleanup): Swarm {
	const child = fork(PROCESS, { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
	const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	cleanup.add(() => {
		child.kill("SIGKILL");
		return exited;
	});
	let sent = 0;
	return {
		cpuMs: () => costOf(child.pid ?? -1).cpuMs,
		tell: (name, order) => ask(child, { id: sent++, name, order }) as Promise<never>,
	};
}

function ask(child: ChildProcess, message: { id: number; name: string; order: unknown }): Promise<unknown> {
	return new Promise((resolve, reject) => {
		const gone = (code: number | null): void => reject(new Error(`the swarm ended with ${code}`));
		const take = (answered: Answered): void => {
			if (answered.id !== message.id) return;
			child.off("message", take);
			child.off("exit", gone);
			if (answered.error === undefined) resolve(answered.answer);
			else reject(new Error(answered.error));
		};
		child.on("message", take);
		child.once("exit", gone);
		child.send(message);
	});
}

/** A swarm in which every machine of a seeded fleet is connected and beats. */
export async function beatingSwarm(
	cleanup: Cleanup,
	{ coordinator, machines }: { coordinator: { readonly url: string }; machines: readonly SeededMachine[] },
): Promise<Swarm> {
	const swarm = startSwarm(cleanup);
	await swarm.tell("beat", {});
	const connected = await swarm.tell("connect", { coordinator: coordinator.url, members: machines.map(livingMember) });
	if (connected.length !== machines.length)
		throw new Error(`${connected.length} of ${machines.length} machines connected`);
	return swarm;
}
