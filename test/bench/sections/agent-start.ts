import { execFileSync, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fillRoot, interfacesOf, type RehearsedMachine, writeSecret } from "@rollcall/agent";
import { withDeadline } from "../../support/eventually.ts";
import { agentBinary } from "../../support/processes.ts";
import { type Context, ownFolder, type Section } from "../context.ts";
import { type BenchCoordinator, startCoordinator } from "../coordinator.ts";
import { summarize } from "../numbers.ts";
import { cpuMsOf } from "../process-cost.ts";

const FILES = 12;
const FILE_BYTES = 2_048;

/** A role of twelve files, as many as a worker has; no units and no probes, so that nothing but files is measured. */
function documentOfFiles(): string {
	const content = "0123456789abcde\n".repeat(FILE_BYTES / 16);
	const files = Array.from({ length: FILES }, (_, index) => ({
		path: `/etc/rollcall/role/file-${index}`,
		mode: "0600",
		content,
	}));
	return JSON.stringify({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "bench",
		kubernetes: { version: "1.36" },
		networks: { pods: "10.254.0.0/16", services: "10.253.0.0/16" },
		approval: { rules: [{ name: "all", selector: {} }] },
		slots: [{ name: "files", role: "files", count: "rest" }],
		roles: { files: { files } },
	});
}

interface Start {
	readonly roleMs: number;
	readonly roleCpuMs: number;
	readonly filesMs: number;
}

/** From the start of the agent's process to its role, and from the role to its files. */
export const agentStart: Section = async (context) => {
	const coordinator = await startCoordinator(context.cleanup, {
		dataFolder: context.folder("data"),
		document: documentOfFiles(),
	});
	const ram = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
	const rounds = context.quick ? 10 : 60;
	const starts: Start[] = [];
	const floors = { nodeMs: [] as number[], versionMs: [] as number[], copyMs: [] as number[] };
	for (let round = 0; round < rounds; round++) {
		floors.nodeMs.push(timeOf(process.execPath, ["-e", "0"]));
		starts.push(await startOnce(context, coordinator, { ram, number: round }));
		floors.versionMs.push(timeOf(agentBinary, ["--version"]));
		floors.copyMs.push(copyFloor(context, ram));
	}
	const node = summarize(floors.nodeMs);
	const role = summarize(starts.map(({ roleMs }) => roleMs));
	return {
		toRoleMs: role,
		toRoleCpuMs: summarize(starts.map(({ roleCpuMs }) => roleCpuMs)),
		roleToFilesMs: summarize(starts.map(({ filesMs }) => filesMs)),
		floor: { nodeMs: node, agentVersionMs: summarize(floors.versionMs), copyAndRenameMs: summarize(floors.copyMs) },
		aboveFloorMs: { p50: role.p50 - node.p50, p99: role.p99 - node.p99 },
		goal: { aboveFloorP99Ms: 60, roleToFilesP99Ms: 10 },
	};
};

function timeOf(command: string, words: readonly string[]): number {
	const begun = performance.now();
	execFileSync(command, words);
	return performance.now() - begun;
}

/** One machine that was never seen before: a root in RAM, a token, and the agent as systemd would start it. */
async function startOnce(
	context: Context,
	coordinator: BenchCoordinator,
	{ ram, number }: { ram: string; number: number },
): Promise<Start> {
	const root = ownFolder(context.cleanup, "root", ram);
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
		tokenFile: join(root, "run/rollcall/token"),
		root,
		rehearsal: { loopback: "127.0.0.1", socket: join(root, "run/init.sock"), interfaces: interfacesOf(machine) },
	};
	await writeSecret(root, "etc/rollcall/agent.json", JSON.stringify(config));
	const begun = performance.now();
	const agent = spawn(agentBinary, ["run", "--config", join(root, "etc/rollcall/agent.json")], {
		stdio: ["pipe", "ignore", "pipe"],
	});
	const end = () => void agent.kill("SIGKILL");
	context.cleanup.add(end);
	const lines: string[] = [];
	const measured = new Promise<Start>((resolve, reject) => {
		let role = { roleMs: 0, roleCpuMs: 0 };
		createInterface(agent.stderr).on("line", (line) => {
			lines.push(line);
			if (line.startsWith("info applying "))
				role = { roleMs: performance.now() - begun, roleCpuMs: cpuMsOf(agent.pid ?? -1) };
			const filesMs = /^info files are in place .*\bms=([\d.]+)/.exec(line)?.[1];
			if (filesMs !== undefined) resolve({ ...role, filesMs: Number(filesMs) });
		});
		agent.once("exit", (code) => reject(new Error(`the agent ended with ${code}: ${lines.join("; ")}`)));
	});
	try {
		return await withDeadline(`files of an agent that said: ${lines.join("; ")}`, measured, 30_000);
	} finally {
		end();
		rmSync(root, { recursive: true, force: true });
	}
}

/** The same bytes on the same file system, as a shell would bring them: copied beside their place, then renamed. */
function copyFloor(context: Context, ram: string): number {
	const folder = ownFolder(context.cleanup, "floor", ram);
	mkdirSync(join(folder, "from"));
	mkdirSync(join(folder, "to"));
	const names = Array.from({ length: FILES }, (_, index) => `file-${index}`);
	for (const name of names) writeFileSync(join(folder, "from", name), "0123456789abcde\n".repeat(FILE_BYTES / 16));
	const begun = performance.now();
	for (const name of names) copyFileSync(join(folder, "from", name), join(folder, "to", `.${name}`));
	for (const name of names) renameSync(join(folder, "to", `.${name}`), join(folder, "to", name));
	const took = performance.now() - begun;
	readFileSync(join(folder, "to", "file-0"));
	rmSync(folder, { recursive: true });
	return took;
}
