import { join } from "node:path";
import type { MachineView } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { newOperator } from "../support/cli.ts";
import { eventually, eventuallyTrue } from "../support/eventually.ts";
import { findSecret, secretsBelow } from "../support/secrets.ts";
import { LabUnavailable } from "./image/debian.ts";
import { type Lab, openLab } from "./lab.ts";
import type { LabMachine } from "./machine.ts";
import { createScope } from "./scope.ts";
import { flipByte, isBeingSent } from "./stored-asset.ts";

/** An emulated machine on a busy computer; it ends a test that hangs, and says nothing about speed. */
const BOOTED_MS = 400_000;
const AGENT = "rollcall/agent-x64.gz";
/** A boot token, as it stands in a URL. */
const BOOT_TOKEN = /\bb1\.[a-z0-9]+\.[A-Za-z0-9_-]{16,}/;

const scope = createScope();
let lab: Lab | undefined;
let missing = "";

test.before(async (t) => {
	t.timeout(BOOTED_MS);
	try {
		lab = await openLab(scope, { say: (text) => t.log(text) });
	} catch (error) {
		if (!(error instanceof LabUnavailable) || process.env.CI) throw error;
		missing = error.message;
	}
});
test.after.always(() => scope.end());

/** A test with two machines, one after the other: each begins with what the one before left. */
function labTest(
	title: string,
	run: (t: ExecutionContext, lab: Lab, machines: [LabMachine, LabMachine]) => Promise<void>,
): void {
	test.serial(title, async (t) => {
		t.timeout(2 * BOOTED_MS);
		if (lab) return await run(t, lab, [lab.machine(1), lab.machine(2)]);
		t.log(`SKIPPED: ${missing}`);
		t.pass();
	});
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
				const known = await open.coordinator().machines();
				const found = machines.flatMap(({ uuid }) => known.filter(({ machineId }) => machineId === uuid));
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
	await eventuallyTrue(
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
		// iPXE is at the initrd.
		await untilShown(first, /lab\/initrd\.\.\./);
		await open.restartCoordinator("SIGKILL");
		// Ignition is at the agent.
		const { process: running, dataFolder } = open.coordinator();
		await eventuallyTrue(
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
		const { url, dataFolder } = open.coordinator();
		const to = ["--server", url, "--token-file", join(dataFolder, "admin-token")];
		const views = await open.coordinator().machines();
		const logs = async (...args: string[]): Promise<string> => (await operator.rollcall("logs", ...args, ...to)).stdout;
		const ticker = views.find(({ role }) => role === "ticker")?.machineId ?? "";
		const worker = views.find(({ role }) => role === "worker")?.machineId ?? "";
		const following = operator.start("logs", ticker, "-u", "ticker.service", "-f", "-n", "1", ...to);
		await eventuallyTrue("three ticks", () => [...following.output().matchAll(/tick \d+/g)].length >= 3);
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
	"a reboot by command and the loss of power each bring another incarnation with the same role",
	async (t, open, machines) => {
		const [first, second] = machines;
		const before = await untilPhase(open, "ready", machines);
		await Promise.all([
			open.coordinator().call("POST", `/v1/machines/${first.uuid}/commands`, { kind: "reboot" }),
			second.cutPower(),
		]);
		await untilPhase(open, "lost", [second]);
		second.powerOn();
		await eventuallyTrue(
			"both to be other incarnations",
			async () => {
				const now = await open.coordinator().machines();
				return before.every(({ machineId, bootId }) =>
					now.some((one) => one.machineId === machineId && one.bootId !== bootId),
				);
			},
			BOOTED_MS,
		);
		t.deepEqual(rolesOf(await untilPhase(open, "ready", machines)), rolesOf(before));
		const events = await open.coordinator().events();
		t.true(
			events.some(
				(event) => event.type === "command-ended" && event.machineId === first.uuid && event.outcome === "done",
			),
		);
	},
);

labTest(
	"after a power cut the whole fleet comes back with its roles, but with no kernel and no agent that lost a bit",
	async (t, open, machines) => {
		const [first, second] = machines;
		const before = await untilPhase(open, "ready", machines);
		await Promise.all(machines.map((one) => one.cutPower()));
		await untilPhase(open, "lost", machines);
		const { dataFolder } = open.coordinator();
		const [kernel, agent] = [
			{ dataFolder, asset: "lab/kernel", unseen: false },
			{ dataFolder, asset: AGENT, unseen: true },
		];
		const since = (await first.console()).length;
		await flipByte(kernel);
		await flipByte(agent);
		first.powerOn();
		// The coordinator does not hand out what is not what was added.
		await untilShown(first, /lab\/kernel\.\.\.[^\n]*(?:error|failed|Input)/i, since);
		t.notRegex((await first.console()).slice(since), /lab: /);
		await flipByte(kernel);
		// Ignition does not take what is not what was meant.
		await untilShown(first, /Ignition failed at files/, since);
		await flipByte(agent);
		second.powerOn();
		t.deepEqual(rolesOf(await untilPhase(open, "ready", machines)), rolesOf(before));
		const after = await open.coordinator().machines();
		for (const { machineId, bootId } of before) t.not(after.find((one) => one.machineId === machineId)?.bootId, bootId);
	},
);
