import type { MachineView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { newOperator } from "../support/cli.ts";
import { asAdmin } from "../support/coordinator.ts";
import { findSecret, secretsBelow } from "../support/secrets.ts";
import { type Lab, openLab } from "./lab.ts";
import type { LabMachine } from "./machine.ts";
import { labPart } from "./part.ts";
import { createScope } from "./scope.ts";
import { flipByte, isBeingSent } from "./stored-asset.ts";

/** An emulated machine on a busy computer; it ends a test that hangs, and says nothing about speed. */
const BOOTED_MS = 400_000;
const AGENT = "rollcall/agent-x64.gz";
/** A boot token, as it stands in a URL. */
const BOOT_TOKEN = /\bb1\.[a-z0-9]+\.[A-Za-z0-9_-]{16,}/;

const scope = createScope();
const part = await labPart();
let lab: Lab | undefined;

test.before(async (t) => {
	t.timeout(stretched(BOOTED_MS));
	if (!part.missing) lab = await openLab(scope, { say: (text) => t.log(text) });
});
test.after.always(() => scope.end());

/** A test with two machines, one after the other: each begins with what the one before left. */
function labTest(
	title: string,
	run: (t: ExecutionContext, lab: Lab, machines: [LabMachine, LabMachine]) => Promise<void>,
): void {
	testNeeding(part).serial(title, async (t) => {
		t.timeout(stretched(2 * BOOTED_MS));
		if (!lab) throw new Error("the lab was not opened");
		await run(t, lab, [lab.machine(1), lab.machine(2)]);
	});
}

/** What the coordinator says of machines, in their order. */
async function viewsOf(open: Lab, machines: readonly LabMachine[]): Promise<MachineView[]> {
	const known = await open.coordinator().machines();
	return machines.flatMap(({ uuid }) => known.filter(({ machineId }) => machineId === uuid));
}

/** Whether a machine is another incarnation than it was. */
function isNewIn(now: readonly MachineView[], before: readonly MachineView[], { uuid }: LabMachine): boolean {
	const bootOf = (views: readonly MachineView[]) => views.find(({ machineId }) => machineId === uuid)?.bootId;
	return bootOf(now) !== undefined && bootOf(now) !== bootOf(before);
}

/** Waits for machines, by the coordinator's word; fails with what their consoles show. */
async function untilPhase(
	open: Lab,
	phase: MachineView["phase"],
	machines: readonly LabMachine[],
): Promise<MachineView[]> {
	try {
		return await eventually(
			`${machines.map(({ name }) => name).join(" and ")} to be ${phase}`,
			async () => {
				const found = await viewsOf(open, machines);
				return found.length === machines.length && found.every((one) => one.phase === phase) ? found : undefined;
			},
			BOOTED_MS,
		);
	} catch (error) {
		const tails = await Promise.all(
			machines.map(async (one) => `--- ${one.name} ${one.complaint}\n${await one.consoleTail(40)}`),
		);
		const views = JSON.stringify(await open.coordinator().machines(), undefined, 1);
		throw new Error(`${(error as Error).message}\n${tails.join("\n")}\n${views}`, { cause: error });
	}
}

/** Waits until a machine's console shows more of this than it did. */
async function untilShown(machine: LabMachine, pattern: RegExp, since = 0): Promise<void> {
	await eventually(
		`${machine.name}'s console to show ${pattern}`,
		async () => pattern.test((await machine.console()).slice(since)),
		BOOTED_MS,
	).catch(async (error: Error) => {
		throw new Error(`${error.message}\n${await machine.consoleTail(40)}`, { cause: error });
	});
}

const rolesOf = (machines: readonly MachineView[]): unknown =>
	machines.map(({ machineId, nodeName, role, slot }) => ({ machineId, nodeName, role, slot }));

labTest(
	"machines boot from the network to ready, also when the coordinator dies while they download",
	async (t, open, machines) => {
		const [first, second] = machines;
		for (const one of machines) one.powerOn();
		// Both have their script, which tries again; firmware whose very first request fails gives up. iPXE is at the initrd.
		await untilShown(second, /boot\.ipxe\.\.\. ok/);
		await untilShown(first, /lab\/initrd\.\.\./);
		await open.restartCoordinator("SIGKILL");
		// Ignition is at the agent.
		const { process: running, dataFolder } = open.coordinator();
		await eventually(
			"a machine to download the agent, or to have it",
			async () =>
				(await isBeingSent(running.child.pid ?? -1, dataFolder, AGENT)) ||
				/ignition-files/.test((await first.console()) + (await second.console())),
			BOOTED_MS,
		);
		await open.restartCoordinator("SIGKILL");
		const views = await untilPhase(open, "ready", machines);
		for (const one of machines) {
			// Which download was hit depends on how fast this computer is; that they come through does not.
			const shown = await one.console();
			const again = [...shown.matchAll(/Ignition failed at \w+, trying again/g)].length;
			t.log(
				`${one.name}: ${shown.split("lab/initrd...").length - 1} downloads by iPXE, ${again} new tries by Ignition`,
			);
		}
		t.deepEqual(views.map(({ role }) => role).sort(), ["ticker", "worker"]);
		t.deepEqual(views.flatMap(({ rehearsal }) => rehearsal ?? []).filter(Boolean), []);
	},
);

labTest(
	"the journal of a unit is followed through the coordinator, and no secret is in it or on a console",
	async (t, open, machines) => {
		const operator = newOperator(t);
		const { dataFolder } = open.coordinator();
		const to = asAdmin(open.coordinator());
		const views = await open.coordinator().machines();
		const logs = async (...args: string[]): Promise<string> => (await operator.rollcall("logs", ...args, ...to)).stdout;
		const ticker = views.find(({ role }) => role === "ticker")?.machineId ?? "";
		const worker = views.find(({ role }) => role === "worker")?.machineId ?? "";
		const following = operator.start("logs", ticker, "-u", "ticker.service", "-f", "-n", "1", ...to);
		await eventually("three ticks", () => [...following.output().matchAll(/tick \d+/g)].length >= 3);
		await following.end("SIGINT");
		t.regex(await logs(worker, "-u", "kubelet.service"), /stand-in for kubelet: pod kube-system\/kube-proxy running/);

		const secrets = secretsBelow(dataFolder);
		t.true(secrets.length > 2);
		for (const one of machines) {
			const shown = await one.console();
			t.true(shown.length > 1000);
			t.is(findSecret(shown, secrets), undefined);
			t.notRegex(shown, BOOT_TOKEN);
			t.is(findSecret(await logs(one.uuid, "-u", "rollcall-agent.service", "-n", "1000"), secrets), undefined);
		}
	},
);

labTest(
	"after a reboot by command and a power cut the whole fleet comes back with its roles, but with no kernel and no agent that lost a bit",
	async (t, open, machines) => {
		const [first, second] = machines;
		const before = await untilPhase(open, "ready", machines);
		const { dataFolder } = open.coordinator();
		const [kernel, agent] = [
			{ dataFolder, asset: "lab/kernel", unseen: false },
			{ dataFolder, asset: AGENT, unseen: true },
		];
		const since = (await first.console()).length;
		await flipByte(kernel);
		await flipByte(agent);
		// An hour, since a busy computer may take long until kernel and agent came whole.
		const reboot = { kind: "reboot", deadlineSeconds: 3600 };
		await Promise.all([
			open.coordinator().call("POST", `/v1/machines/${first.uuid}/commands`, reboot),
			second.cutPower(),
		]);
		// The coordinator does not hand out what is not what was added.
		await untilShown(first, /lab\/kernel\.\.\.[^\n]*(?:error|failed|Input)/i, since);
		await untilPhase(open, "lost", machines);
		t.notRegex((await first.console()).slice(since), /lab: /);
		await flipByte(kernel);
		// Ignition does not take what is not what was meant.
		await untilShown(first, /Ignition failed at files/, since);
		await flipByte(agent);
		second.powerOn();
		t.deepEqual(rolesOf(await untilPhase(open, "ready", machines)), rolesOf(before));
		const after = await open.coordinator().machines();
		for (const one of machines) t.true(isNewIn(after, before, one), one.name);
		const ends = (await open.coordinator().events()).flatMap((event) =>
			event.type === "command-ended" && event.machineId === first.uuid ? [event.outcome] : [],
		);
		t.deepEqual(ends, ["done"]);
	},
);
