import { createHash, randomInt } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { AgentConfig, createRehearsalUnits } from "@rollcall/agent";
import { WRITE_ROOTS } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { commandLine, descendantsOf } from "@rollcall/test-support/process-table";
import { type Running, run } from "@rollcall/test-support/running";
import type { TestCoordinator } from "./coordinator.ts";
import { agentBinary, rehearsalScript } from "./places.ts";

export interface MachineOptions {
	readonly name: string;
	readonly root?: string;
	readonly bootId?: string;
	readonly token?: string;
	readonly uuid?: string;
	readonly mac?: string;
	readonly serial?: string;
	readonly memory?: string;
	/** The socket of its TPM; none without it. */
	readonly tpm?: string;
	/** The stand-in does not start its agent again when that ends. */
	readonly noAgentRestart?: boolean;
	readonly loopback?: string;
	readonly coordinatorUrls?: readonly string[];
	/** Seconds without the bus before the agent enrolls again. */
	readonly rejoinAfter?: number;
	/** Words before the command, such as those that run it in a network namespace. */
	readonly before?: readonly string[];
	/** Programs that run in place of containers, by the container's name. */
	readonly programs?: Readonly<Record<string, string>>;
	/** More of the environment of its processes. */
	readonly environment?: Readonly<Record<string, string>>;
}

/** A rehearsal machine: real processes of the bundled agent, with a root folder of their own. */
export interface TestMachine {
	readonly name: string;
	readonly root: string;
	readonly loopback: string;
	readonly process: Running;
	/** The pid of the agent itself (not of the stand-in for the machine). */
	agentPid(): number | undefined;
	/** Starts the agent by hand, where the stand-in does not. */
	startAgent(t: Scope): Running;
	/** Cuts the power: the stand-in and everything in it, at once. */
	cutPower(): Promise<void>;
	/** Empties the memory and starts again with a fresh token: another boot, at another address unless a wish says which. */
	bootAgain(coordinator: TestCoordinator, wish?: { bootId?: string; loopback?: string }): Promise<TestMachine>;
}

/** A free address of the loopback network, so that fixed ports of several machines do not collide. */
async function freeLoopback(): Promise<string> {
	for (;;) {
		const address = `127.${randomInt(64, 128)}.${randomInt(0, 256)}.${randomInt(2, 254)}`;
		const free = await new Promise<boolean>((resolve) => {
			const server = createServer();
			server.once("error", () => resolve(false));
			server.listen({ host: address, port: 10248 }, () => server.close(() => resolve(true)));
		});
		if (free) return address;
	}
}

/** Starts a machine. It is powered off at the end of the test. */
export async function startMachine(
	t: Scope,
	coordinator: TestCoordinator,
	options: MachineOptions,
): Promise<TestMachine> {
	if (!existsSync(agentBinary) || !existsSync(rehearsalScript))
		throw new Error("the bundled agent or its rehearsal is missing; `npm run bundle` makes both");
	// Asked first: a coordinator may refuse, and is then asked again.
	const { signers } = await coordinator.status();
	const token = options.token ?? (await coordinator.enrollToken());
	const root = options.root ?? ownFolder(t, `rollcall-${options.name}-`);
	const folder = ownFolder(t);
	const tokenFile = join(folder, "token");
	writeFileSync(tokenFile, token, { mode: 0o600 });
	const loopback = options.loopback ?? (await freeLoopback());
	const urls = options.coordinatorUrls ?? [coordinator.url];
	const words = [
		rehearsalScript,
		"machine",
		"--agent",
		agentBinary,
		"--root",
		root,
		"--machine",
		options.name,
		"--loopback",
		loopback,
		...urls.flatMap((url) => ["--coordinator", url]),
		...signers.flatMap((signer) => ["--signer", signer]),
		...(coordinator.authority ? ["--authority-file", coordinator.authority.file] : []),
		"--token-file",
		tokenFile,
		"--tether-stdin",
		...(options.bootId ? ["--boot-id", options.bootId] : []),
		...(options.uuid ? ["--uuid", options.uuid] : []),
		...(options.mac ? ["--mac", options.mac] : []),
		...(options.serial ? ["--serial", options.serial] : []),
		...(options.tpm ? ["--tpm", options.tpm] : []),
		...(options.memory ? ["--memory", options.memory] : []),
		...(options.rejoinAfter ? ["--rejoin-after", String(options.rejoinAfter)] : []),
		...Object.entries(options.programs ?? {}).flatMap(([name, file]) => ["--run", `${name}=${file}`]),
		...(options.noAgentRestart ? ["--no-agent-restart"] : []),
	];
	const [program = "", ...before] = [...(options.before ?? []), process.execPath];
	const started = run(program, [...before, ...words], options.environment);
	t.teardown(() => started.end());
	const self: TestMachine = {
		name: options.name,
		root,
		loopback,
		process: started,
		agentPid: () =>
			descendantsOf(started.child.pid ?? -1).find((pid) => /^\S*rollcall-agent run /.test(commandLine(pid))),
		startAgent: (test) => {
			const agent = run(agentBinary, ["run", "--config", join(root, "etc/rollcall/agent.json")]);
			test.teardown(() => agent.end());
			return agent;
		},
		cutPower: async () => {
			const all = descendantsOf(started.child.pid ?? -1);
			await started.end("SIGKILL");
			for (const pid of all) {
				try {
					process.kill(pid, "SIGKILL");
				} catch {
					// It ended by itself, as it should.
				}
			}
		},
		bootAgain: async (at, wish = {}) => {
			await self.cutPower();
			for (const entry of readdirSync(root)) rmSync(join(root, entry), { recursive: true, force: true });
			const { token: _used, ...again } = options;
			return startMachine(t, at, { ...again, root, ...wish });
		},
	};
	return self;
}

/** A folder's files with modes, contents' hashes and times of change: equal when nothing was touched. */
function fingerprint(folder: string): Record<string, string> {
	const found: Record<string, string> = {};
	for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
		const path = join(folder, name);
		const stat = lstatSync(path);
		if (!stat.isFile()) continue;
		found[name] =
			`${(stat.mode & 0o7777).toString(8)} ${stat.mtimeMs} ${stat.ino} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
	}
	return found;
}

/** Units of the roles, whose starts the tests look at. */
const UNITS = ["containerd.service", "kubelet.service"];

/** The files that roles wrote: everything below the write roots, with modes, times and contents. */
export function roleFiles(machine: TestMachine): Record<string, string> {
	return Object.fromEntries(
		WRITE_ROOTS.map((folder) => join(machine.root, folder))
			.filter((folder) => existsSync(folder))
			.map((folder) => [folder, JSON.stringify(fingerprint(folder))]),
	);
}

/** The journal of the units: it shows each start and stop. */
export async function unitStarts(machine: TestMachine): Promise<string[]> {
	const config = AgentConfig.parse(JSON.parse(readFileSync(join(machine.root, "etc/rollcall/agent.json"), "utf8")));
	const units = createRehearsalUnits(config.rehearsal?.socket ?? "");
	const journals = await Promise.all(UNITS.map((unit) => units.logs({ unit, lines: 200 })));
	return journals.flatMap(({ lines }) => lines);
}

/** Waits until so many machines are ready, and gives all views back. */
export function allReady(
	coordinator: TestCoordinator,
	count: number,
	deadlineMs = 60_000,
): ReturnType<TestCoordinator["machines"]> {
	return eventually(
		`${count} ready machines`,
		async () => {
			const machines = await coordinator.machines();
			const ready = machines.filter((machine) => machine.phase === "ready");
			if (ready.length === count) return machines;
			throw new Error(machines.map((machine) => `${machine.machineId} ${machine.phase}: ${machine.reason}`).join("\n"));
		},
		deadlineMs,
	);
}
