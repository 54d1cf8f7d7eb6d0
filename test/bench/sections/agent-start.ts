import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withDeadline } from "@rollcall/test-support/eventually";
import { agentBinary } from "../../support/places.ts";
import { RAM, startAgent } from "../agent-process.ts";
import { startBareClient } from "../bare/bare-client.ts";
import { type Context, ownFolder, type Section } from "../context.ts";
import { type BenchCoordinator, startCoordinator } from "../coordinator.ts";
import { timeOf } from "../floors.ts";
import { summarize } from "../numbers.ts";
import { cpuMsOf } from "../process-cost.ts";
import { documentOfFiles, FILE_BYTES, FILES } from "../role-of-files.ts";

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
	const rounds = context.quick ? 10 : 60;
	const starts: Start[] = [];
	const bareClient = await startBareClient(context.cleanup);
	const floors = { nodeMs: [] as number[], bareMs: [] as number[], versionMs: [] as number[], copyMs: [] as number[] };
	for (let round = 0; round < rounds; round++) {
		floors.nodeMs.push(timeOf(process.execPath, ["-e", "0"]));
		floors.bareMs.push(await bareClient());
		starts.push(await startOnce(context, coordinator, round));
		floors.versionMs.push(timeOf(agentBinary, ["--version"]));
		floors.copyMs.push(copyFloor(context));
	}
	const node = summarize(floors.nodeMs);
	const role = summarize(starts.map(({ roleMs }) => roleMs));
	return {
		toRoleMs: role,
		toRoleCpuMs: summarize(starts.map(({ roleCpuMs }) => roleCpuMs)),
		roleToFilesMs: summarize(starts.map(({ filesMs }) => filesMs)),
		floor: {
			nodeMs: node,
			bareClientMs: summarize(floors.bareMs),
			agentVersionMs: summarize(floors.versionMs),
			copyAndRenameMs: summarize(floors.copyMs),
		},
		aboveFloorMs: { p50: role.p50 - node.p50, p99: role.p99 - node.p99 },
		goal: { aboveFloorP99Floors: 0.6, roleToFilesP99Floors: 10 / 27 },
	};
};

/** One machine that was never seen before, from the start of its agent to its files. */
async function startOnce(context: Context, coordinator: BenchCoordinator, number: number): Promise<Start> {
	const { child, root, begun, follow } = await startAgent(context, coordinator, number);
	let role = { roleMs: 0, roleCpuMs: 0 };
	const measured = new Promise<Start>((resolve, reject) => {
		follow((line) => {
			if (line.startsWith("info applying "))
				role = { roleMs: performance.now() - begun, roleCpuMs: cpuMsOf(child.pid ?? -1) };
			const filesMs = /^info files are in place .*\bms=([\d.]+)/.exec(line)?.[1];
			if (filesMs !== undefined) resolve({ ...role, filesMs: Number(filesMs) });
		}).catch(reject);
	});
	try {
		return await withDeadline("an agent with its files", measured, 30_000);
	} finally {
		child.kill("SIGKILL");
		rmSync(root, { recursive: true, force: true });
	}
}

/** The same bytes on the same file system, as a shell would bring them: copied beside their place, then renamed. */
function copyFloor(context: Context): number {
	const folder = ownFolder(context.cleanup, "floor", RAM);
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
