import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Status } from "@rollcall/protocol";
import { fillRoot, interfacesOf, type RehearsedMachine, writeSecret } from "@rollcall/rehearsal";
import { agentBinary } from "../support/places.ts";
import { type Context, ownFolder } from "./context.ts";
import type { BenchCoordinator } from "./coordinator.ts";

/** A file system in RAM, where a diskless machine's root is. */
export const RAM = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** An agent as systemd would start it, for a machine that was never seen before. */
export interface AgentProcess {
	readonly root: string;
	readonly child: ChildProcess;
	/** When it was started, of `performance.now()`. */
	readonly begun: number;
	/** Calls with every line that it logs; rejects when it ends. */
	follow(onLine: (line: string) => void): Promise<never>;
}

/** Makes a root in RAM and a token, and starts the agent there. Ended with the context. */
export async function startAgent(
	context: Context,
	coordinator: BenchCoordinator,
	number: number,
): Promise<AgentProcess> {
	const root = ownFolder(context.cleanup, "root", RAM);
	const machine: RehearsedMachine = {
		name: `bench-${number}`,
		bootId: randomUUID(),
		uuid: randomUUID(),
		serial: `BENCH-${number}`,
		macs: [`02:${randomBytes(5).toString("hex").match(/../g)?.join(":")}`],
		address: `10.146.1.${number + 1}`,
		cpus: 4,
		memoryBytes: 8 * 1024 ** 3,
	};
	await fillRoot(root, machine);
	await writeSecret(root, "run/rollcall/token", await coordinator.enrollToken());
	const config = {
		coordinators: [coordinator.url],
		signers: (await coordinator.call<Status>("GET", "/v1/status")).signers,
		tokenFile: join(root, "run/rollcall/token"),
		root,
		rehearsal: { loopback: "127.0.0.1", socket: join(root, "run/init.sock"), interfaces: interfacesOf(machine) },
	};
	await writeSecret(root, "etc/rollcall/agent.json", JSON.stringify(config));
	const begun = performance.now();
	const child = spawn(agentBinary, ["run", "--config", join(root, "etc/rollcall/agent.json")], {
		stdio: ["pipe", "ignore", "pipe"],
	});
	context.cleanup.add(() => void child.kill("SIGKILL"));
	return {
		root,
		child,
		begun,
		follow: (onLine) =>
			new Promise<never>((_, reject) => {
				const lines: string[] = [];
				createInterface(child.stderr).on("line", (line) => {
					lines.push(line);
					onLine(line);
				});
				child.once("exit", (code) => reject(new Error(`the agent ended with ${code}: ${lines.slice(-10).join("; ")}`)));
			}),
	};
}
