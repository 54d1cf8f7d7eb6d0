import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withDeadline } from "@rollcall/test-support/eventually";
import { repository } from "../../support/places.ts";
import { startAgent } from "../agent-process.ts";
import type { Section } from "../context.ts";
import { startCoordinator } from "../coordinator.ts";
import { rounded, summarize } from "../numbers.ts";
import { anonymousBytes, costOf, cpuMsOf } from "../process-cost.ts";
import { documentOfFiles } from "../role-of-files.ts";

const MIB = 1024 ** 2;

/** What an agent that has its role and only beats keeps of its machine's memory, and how much code it is made of. */
export const agentMemory: Section = async (context) => {
	const coordinator = await startCoordinator(context.cleanup, {
		dataFolder: context.folder("data"),
		document: documentOfFiles(),
	});
	const agent = await startAgent(context, coordinator, 0);
	const pid = agent.child.pid ?? -1;
	const inPlace = new Promise<void>((resolve, reject) => {
		agent.follow((line) => line.startsWith("info files are in place ") && resolve()).catch(reject);
	});
	await withDeadline("an agent with its files", inPlace, 30_000);
	await sleep(context.quick ? 1_000 : 5_000);
	const seconds = context.quick ? 2 : 25;
	const cpuBefore = cpuMsOf(pid);
	const anonymous: number[] = [];
	for (let second = 0; second < seconds; second++) {
		await sleep(1_000);
		anonymous.push(anonymousBytes(pid) / MIB);
	}
	const idleCores = rounded((cpuMsOf(pid) - cpuBefore) / (seconds * 1_000));
	const residentMiB = rounded(costOf(pid).residentBytes / MIB);
	agent.child.kill("SIGKILL");
	await once(agent.child, "exit");
	const bundle = (name: string): number => statSync(join(repository, "dist/agent", name)).size;
	return {
		anonymousMiB: summarize(anonymous),
		residentMiB,
		idleCores,
		bundleBytes: bundle("agent.cjs"),
		binaryBytes: bundle("rollcall-agent"),
		goal: { anonymousMiB: 45, bundleBytes: 1_000_000 },
	};
};
