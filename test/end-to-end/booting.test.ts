import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { BootList } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { ask, bootDocument, ignitionFiles, ignitionUrl, writeAgentProgram } from "../support/boot.ts";
import { newOperator } from "../support/cli.ts";
import { asAdmin, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { eventsOf } from "../support/events.ts";
import { enroll, newIncarnation } from "../support/incarnation.ts";
import { startMachine } from "../support/machine.ts";

const MAC = "52:54:00:a1:9c:01";

async function startBootable(t: ExecutionContext) {
	const folder = ownFolder(t);
	const document = join(folder, "boot.yaml");
	writeFileSync(document, bootDocument("first"));
	const agent = writeAgentProgram(folder);
	const coordinator = await startCoordinator(t, { boot: { port: 0, document, agent: agent.file } });
	return { coordinator, document, agent };
}

/** The operator's command against this coordinator. */
function operatorOf(t: ExecutionContext, coordinator: TestCoordinator) {
	const operator = newOperator(t);
	const connection = asAdmin(coordinator);
	return (...args: string[]) => operator.rollcall(...connection, ...args);
}

/** Sends a request and resets the connection, so that the answer is lost. */
async function askAndHangUp(url: string): Promise<void> {
	const { hostname, port, pathname, search } = new URL(url);
	const socket = connect(Number(port), hostname);
	await once(socket, "connect");
	await new Promise((resolve) => socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, resolve));
	socket.resetAndDestroy();
}

test("a machine gets from the boot listener the agent and a token that lets it in, also when the coordinator is restarted in the middle", async (t) => {
	const { coordinator, agent } = await startBootable(t);
	const uuid = "4c4c4544-0000-2010-8020-b1c04f4d3301";
	t.regex((await ask(`${coordinator.bootUrl}/boot.ipxe`)).text, /^#!ipxe\n/);
	const script = await ask(`${coordinator.bootUrl}/ipxe?mac=${MAC.replaceAll(":", "-")}&uuid=${uuid}`);
	t.is(script.status, 200, script.text);
	t.is(statSync(join(coordinator.dataFolder, "keys/boot-token.key")).mode & 0o777, 0o600);

	const again = await coordinator.restart();
	const wanted = ignitionUrl(script.text).replace(coordinator.bootUrl, again.bootUrl);
	await askAndHangUp(wanted);
	const config = await ask(wanted);
	t.is(config.status, 200, config.text);
	t.is((await ask(wanted)).text, config.text, "a machine that lost the answer got another one");
	const files = await ignitionFiles(config.text);
	const program = [...files].find(([path]) => path.endsWith("/rollcall-agent"))?.[1];
	t.is(
		createHash("sha512")
			.update(program ?? "")
			.digest("hex"),
		agent.sha512,
	);
	const token =
		[...files]
			.find(([path]) => path.endsWith("token"))?.[1]
			.toString()
			.trim() ?? "";
	t.true([...files.values()].some((content) => content.includes(again.url)));

	t.true((await enroll(again, newIncarnation({ mac: MAC, uuid }), { token })).ok);
	t.is((await ask(wanted)).status, 403);
	const refused = await eventually("word of the second use", async () => (await eventsOf(again, "boot-refused"))[0]);
	t.like(refused, { stage: "ignition", mac: MAC, reason: "the boot token was used before; boot again" });
});

test("another machine's boot token, and one that is not ours, are refused and recorded without the token", async (t) => {
	const { coordinator } = await startBootable(t);
	const script = await ask(`${coordinator.bootUrl}/ipxe?mac=${MAC}`);
	const wanted = ignitionUrl(script.text);
	const other = "52:54:00:a1:9c:02";
	t.is((await ask(wanted.replace(MAC.replaceAll(":", "-"), other.replaceAll(":", "-")))).status, 403);
	t.is((await ask(`${wanted}x`)).status, 403);
	t.is((await ask(`${coordinator.bootUrl}/ignition?mac=${MAC}`)).status, 403);
	const refusals = await eventually("three refusals", async () => {
		const events = await eventsOf(coordinator, "boot-refused");
		return events.length === 3 ? events : undefined;
	});
	t.deepEqual(
		refusals.map(({ mac, reason }) => [mac, reason]),
		[
			[other, `the boot token was made for ${MAC}`],
			[MAC, "the boot token is not one of ours"],
			[MAC, "a machine of this profile needs the token that its boot script carries"],
		],
	);
	const token = new URL(wanted).searchParams.get("token") ?? "?";
	t.false(JSON.stringify(await coordinator.events()).includes(token));
	t.false(coordinator.process.output().includes(token));
	const { text: metrics } = await ask(`${coordinator.url}/metrics`);
	t.regex(metrics, /rollcall_boot_refusals_total\{stage="ignition"\} 3/);
	t.is((await ask(wanted)).status, 200, "refusals cost the machine its token");
});

test("a boot is followed from its script to ready, and what came up is in the log", async (t) => {
	const { coordinator } = await startBootable(t);
	const operator = operatorOf(t, coordinator);
	const folder = ownFolder(t);
	for (const name of ["vmlinuz", "initrd"]) writeFileSync(join(folder, name), name.repeat(1000));
	const added = await operator("assets", "add", "--from", folder, "--prefix", "lab");
	t.is(added.code, 0, added.stderr);
	t.regex(added.stdout, /lab\/vmlinuz: 6\.8 KiB, checked by sha256/);

	const { bootUrl } = coordinator;
	await ask(`${bootUrl}/boot.ipxe`);
	const script = await ask(`${bootUrl}/ipxe?mac=${MAC}`);
	for (const name of ["vmlinuz", "initrd"]) t.is((await ask(`${bootUrl}/assets/lab/${name}`)).status, 200);
	const underWay = await eventually("the initrd", async () => {
		const { boots } = await coordinator.call<BootList>("GET", `/v1/boots?mac=${MAC}`);
		return boots.find(({ waitingFor }) => waitingFor === "ignition");
	});
	t.like(underWay, { state: "booting", mac: MAC, profile: "first" });
	const files = await ignitionFiles((await ask(ignitionUrl(script.text))).text);
	const token =
		[...files]
			.find(([path]) => path.endsWith("token"))?.[1]
			.toString()
			.trim() ?? "";
	await startMachine(t, coordinator, { name: "pc-1", mac: MAC, token });
	const booted = await eventually(
		"the boot's end",
		async () => (await eventsOf(coordinator, "machine-booted"))[0],
		60_000,
	);
	t.deepEqual(
		booted.stages.map(({ stage }) => stage),
		["dhcp", "ipxe", "kernel", "initrd", "ignition", "agent", "enrolled", "assigned", "applied", "ready"],
	);
	t.deepEqual(
		booted.stages.map(({ at }) => at),
		booted.stages.map(({ at }) => at).sort((a, b) => a - b),
	);

	const list = await operator("boots");
	t.regex(list.stdout, /^control-plane-\S+ +done +ready/m);
	const shown = await operator("show", booted.machineId);
	t.regex(shown.stdout, /\nboot\n {2}dhcp .*\n {2}ipxe +\+\d/);
	t.regex(shown.stdout, /booted in \d+\.\d s: dhcp, ipxe \+/);
	const { text: metrics } = await ask(`${coordinator.url}/metrics`);
	t.regex(metrics, /rollcall_boot_stage_seconds\{stage="total",percentile="99"\} \d/);
	t.is((await eventsOf(coordinator, "boot-stuck")).length, 0);

	const again = await coordinator.restart();
	const remembered = await eventually("the boot of before", async () => {
		const { boots } = await again.call<BootList>("GET", "/v1/boots?state=done");
		return boots.find(({ machineId }) => machineId === booted.machineId);
	});
	t.is(remembered.stages.length, 10);
	t.is((await eventsOf(again, "machine-booted")).length, 1, "it was recorded twice");
});

test("what machines download is checked, kept once, found damaged, and removed", async (t) => {
	const { coordinator } = await startBootable(t);
	const operator = operatorOf(t, coordinator);
	const content = Buffer.alloc(9 * 2 ** 20, "a kernel\n");
	const sum = createHash("sha256").update(content).digest("hex");
	const file = join(ownFolder(t), "vmlinuz");
	writeFileSync(file, content);
	const wrong = await operator("assets", "add", "lab/vmlinuz", file, "--sha256", "0".repeat(64));
	t.is(wrong.code, 1);
	t.regex(wrong.stderr, /its sha256 is [0-9a-f]{64}, not 0{64}; nothing was added/);
	t.is((await ask(`${coordinator.bootUrl}/assets/lab/vmlinuz`)).status, 404);
	t.is((await operator("assets", "add", "lab/vmlinuz", file, "--sha256", sum, "--compress")).code, 0);

	const server = createServer((_, response) => response.end(content));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => server.close());
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/k`;
	t.is((await operator("assets", "add", "lab/other", url)).code, 2);
	const fetched = await operator("assets", "add", "lab/other", url, "--sha256", sum);
	t.is(fetched.code, 0, fetched.stderr);
	t.deepEqual(
		readdirSync(join(coordinator.dataFolder, "assets/blobs"))
			.filter((name) => name.startsWith(sum))
			.sort(),
		[sum, `${sum}.gz`],
	);
	t.true((await ask(`${coordinator.bootUrl}/assets/lab/other`)).text.startsWith("a kernel\n"));
	t.is((await operator("assets", "verify")).code, 0);
	writeFileSync(join(coordinator.dataFolder, "assets/blobs", sum), "damaged");
	const damaged = await operator("assets", "verify");
	t.is(damaged.code, 1);
	t.regex(damaged.stderr, /lab\/other: its file is damaged; add it again/);
	t.is((await operator("assets", "add", "lab/vmlinuz", file)).code, 0);
	t.is((await operator("assets", "remove", "lab/other")).code, 0);
	t.is((await operator("assets", "remove", "lab/other")).code, 4);
	const { assets } = JSON.parse((await operator("assets", "list", "-o", "json")).stdout) as {
		assets: { name: string }[];
	};
	t.deepEqual(
		assets.map(({ name }) => name),
		["lab/vmlinuz", "rollcall/agent-x64.gz"],
	);
});

test("a boot document that changes counts from then on, and a bad one leaves the one before", async (t) => {
	const { coordinator, document } = await startBootable(t);
	const script = async (): Promise<string> => (await ask(`${coordinator.bootUrl}/ipxe?mac=${MAC}`)).text;
	t.true((await script()).includes(".first."));
	writeFileSync(document, bootDocument("second"));
	await eventually("the new document", async () => (await script()).includes(".second."));
	writeFileSync(document, "kind: Boot\nprofiles: 7\n");
	await eventually("word of the bad document", () => Promise.resolve(/is kept/.test(coordinator.process.output())));
	t.true((await script()).includes(".second."));
});
