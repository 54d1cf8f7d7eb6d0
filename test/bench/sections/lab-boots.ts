import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { commandLine, descendantsOf } from "@rollcall/test-support/process-table";
import { type Lab, openLab } from "../../lab/lab.ts";
import { type LabMachine, plainText } from "../../lab/machine.ts";
import type { Cleanup } from "../cleanup.ts";
import type { Section } from "../context.ts";
import { rounded, summarize } from "../numbers.ts";
import { cpuMsOf } from "../process-cost.ts";

const ROUNDS = 3;
const LOOK_EVERY_MS = 50;
const LONGEST_MS = 400_000;

/** What the console shows at the end of each stage, in this order. The last one is told by the coordinator. */
const STAGES: readonly (readonly [stage: string, shown: RegExp])[] = [
	["firmware", /Link:up/],
	["script", /lab\/kernel\.\.\./],
	["kernel and initrd", /lab\/initrd\.\.\.[^\n]*ok/],
	["kernel", /lab: \S+ kernel/],
	["address", /lab: \S+ address/],
	["Ignition: configuration", /ignition-fetch/],
	["Ignition: files and agent", /ignition-files/],
	["systemd", /Reached target multi-user\.target/],
];

interface Boot {
	/** Seconds on the clock and of QEMU's processor time, by stage. */
	readonly stages: Record<string, { readonly seconds: number; readonly cpuSeconds: number }>;
	/** From power to multi-user.target. */
	readonly upSeconds: number;
	readonly upCpuSeconds: number;
}

/** Real machines, emulated: what their boots cost, with the agent and without it. */
export const labBoots: Section = async (context) => {
	const rounds = context.quick ? 1 : ROUNDS;
	const boots = { agent: [] as Boot[], none: [] as Boot[] };
	let bytes: Record<string, number> = {};
	let acceleration = "";
	for (const kind of ["agent", "none"] as const) {
		const lab = await openLab(scopeOf(context.cleanup), { agent: kind === "agent", say: context.say });
		({ acceleration } = lab.emulator);
		if (kind === "agent") bytes = await bytesPerNode(lab);
		for (let round = 1; round <= rounds; round++) {
			context.say(`boot ${round} of ${rounds}, ${kind === "agent" ? "with" : "without"} the agent`);
			boots[kind].push(await boot(lab, lab.machine(1), kind === "agent"));
			await lab.machine(1).cutPower();
		}
	}
	const up = { agent: medians(boots.agent), none: medians(boots.none) };
	return {
		acceleration,
		bytes,
		networkSeconds: networkSeconds(Object.values(bytes).reduce((sum, one) => sum + one, 0)),
		withAgent: up.agent,
		withoutAgent: up.none,
		agentAdds: {
			seconds: rounded(up.agent.up.seconds - up.none.up.seconds),
			cpuSeconds: rounded(up.agent.up.cpuSeconds - up.none.up.cpuSeconds),
		},
	};
};

function scopeOf(cleanup: Cleanup): { teardown: (end: () => unknown) => void } {
	return { teardown: (end) => cleanup.add(end) };
}

/** What one machine downloads; scripts and configurations are a few KB more. */
async function bytesPerNode(lab: Lab): Promise<Record<string, number>> {
	const { dataFolder } = lab.coordinator();
	const index = JSON.parse(await readFile(join(dataFolder, "assets/index.json"), "utf8")) as {
		assets: Record<string, { sizeBytes: number }>;
	};
	const agent = Object.entries(index.assets).find(([name]) => name.startsWith("rollcall/agent-"))?.[1].sizeBytes ?? 0;
	return {
		kernel: (await stat(lab.image.kernel)).size,
		initrd: (await stat(lab.image.initrd)).size,
		agent,
	};
}

/** How long a network's line is full, in seconds, for so many machines that boot at once. */
function networkSeconds(bytes: number): Record<string, Record<string, number>> {
	const rates = { "1 Gbit/s": 1e9, "10 Gbit/s": 1e10 };
	return Object.fromEntries(
		Object.entries(rates).map(([name, rate]) => [
			name,
			Object.fromEntries([1, 100, 1000].map((machines) => [machines, rounded((machines * bytes * 8) / rate)])),
		]),
	);
}

async function boot(lab: Lab, machine: LabMachine, withAgent: boolean): Promise<Boot> {
	const from = (await machine.console()).length;
	const begun = performance.now();
	const before = withAgent ? (await lab.coordinator().machines())[0]?.bootId : undefined;
	machine.powerOn();
	const stages: Boot["stages"] = {};
	let last = { seconds: 0, cpuSeconds: 0 };
	const reached = (stage: string): void => {
		const now = { seconds: (performance.now() - begun) / 1000, cpuSeconds: processorSeconds(machine) };
		stages[stage] = { seconds: now.seconds - last.seconds, cpuSeconds: now.cpuSeconds - last.cpuSeconds };
		last = now;
	};
	const until = async (look: () => Promise<boolean>): Promise<void> => {
		while (!(await look())) {
			if (performance.now() - begun > LONGEST_MS)
				throw new Error(`the boot is stuck:\n${await machine.consoleTail(20)}`);
			await delay(LOOK_EVERY_MS);
		}
	};
	for (const [stage, shown] of STAGES) {
		await until(async () => shown.test(plainText((await machine.console()).slice(from))));
		reached(stage);
	}
	const up = last;
	if (withAgent) {
		await until(async () => {
			const [view] = await lab.coordinator().machines();
			return view?.phase === "ready" && view.bootId !== before;
		});
		reached("role until ready");
	}
	return { stages, upSeconds: up.seconds, upCpuSeconds: up.cpuSeconds };
}

function processorSeconds({ uuid }: LabMachine): number {
	const pids = descendantsOf(process.pid).filter((pid) => /^\S*qemu-system/.test(commandLine(pid)));
	return cpuMsOf(pids.find((pid) => commandLine(pid).includes(uuid)) ?? -1) / 1000;
}

function medians(boots: readonly Boot[]) {
	const median = (values: number[]): number => summarize(values).p50;
	const names = Object.keys(boots[0]?.stages ?? {});
	return {
		stages: Object.fromEntries(
			names.map((name) => [
				name,
				{
					seconds: median(boots.map((one) => one.stages[name]?.seconds ?? 0)),
					cpuSeconds: median(boots.map((one) => one.stages[name]?.cpuSeconds ?? 0)),
				},
			]),
		),
		up: {
			seconds: median(boots.map((one) => one.upSeconds)),
			cpuSeconds: median(boots.map((one) => one.upCpuSeconds)),
		},
	};
}
