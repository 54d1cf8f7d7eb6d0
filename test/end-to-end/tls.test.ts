import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { newOperator } from "../support/cli.ts";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine } from "../support/machine.ts";

/** HTTPS with a certificate by the fleet's own authority. */
const OWN = {};

const tokenFile = (coordinator: TestCoordinator): string => join(coordinator.dataFolder, "admin-token");

test("an operator pins a coordinator by its fingerprint, and nobody else who answers at its address gets the token", async (t) => {
	const coordinator = await startCoordinator(t, { tls: OWN });
	const operator = newOperator(t);
	const where = ["--server", coordinator.url, "--token-file", tokenFile(coordinator)];
	const asked = await operator.rollcall("machines", ...where);
	t.is(asked.code, 3);
	t.regex(asked.stderr, /not by the authority that is believed here\n.*rollcall context add/);

	const unconfirmed = await operator.rollcall("context", "add", "lab", ...where);
	t.is(unconfirmed.code, 2);
	const [, fingerprint = ""] = /--fingerprint (sha256:[0-9a-f]{64})/.exec(unconfirmed.stderr) ?? [];
	t.true(coordinator.process.output().includes(fingerprint), "the coordinator's log has it");
	const wrong = await operator.rollcall("context", "add", "lab", ...where, "--fingerprint", `sha256:${"0".repeat(64)}`);
	t.is(wrong.code, 3);
	t.regex(wrong.stderr, /is by the authority sha256:/);
	t.is((await operator.rollcall("context", "add", "lab", ...where, "--fingerprint", fingerprint)).code, 0);
	t.is((await operator.rollcall("machines")).code, 0);
	t.true((await operator.rollcall("context", "show")).stdout.includes(fingerprint));
	t.is((await operator.rollcall("watch", "--since", "0", "--until-caught-up")).code, 0);

	await coordinator.stop();
	const other = await startCoordinator(t, { tls: OWN, port: Number(new URL(coordinator.url).port) });
	for (const words of [["machines"], ["watch"], ["approve", "m-1"]]) {
		const { code, stderr } = await operator.rollcall(...words);
		t.is(code, 3, words.join(" "));
		t.regex(stderr, /not by the authority that is believed here\n.*somebody else may answer there/);
	}
	t.notRegex(other.process.output(), /unauthorized|"route":"\/v1\/machines"/, "nothing was asked of it");
});

test("a script names the authority's certificate in place of a context, and plain HTTP is told that it is HTTPS", async (t) => {
	const coordinator = await startCoordinator(t, { tls: OWN });
	const operator = newOperator(t);
	const where = ["--server", coordinator.url, "--token-file", tokenFile(coordinator)];
	const named = await operator.rollcall("status", ...where, "--ca-file", coordinator.authority?.file ?? "");
	t.is(named.code, 0, named.stderr);
	const plain = await operator.rollcall("status", ...where.with(1, coordinator.url.replace("https:", "http:")));
	t.is(plain.code, 1);
	t.regex(plain.stderr, /speaks HTTPS alone\n.*https:\/\//);
});

test("an agent enrolls with who has the fleet's authority, and gives nothing to another who answers there", async (t) => {
	const own = await startCoordinator(t, { tls: OWN });
	const other = await startCoordinator(t, { tls: OWN });
	const machine = await startMachine(t, own, { name: "pinned", coordinatorUrls: [other.url] });
	await eventually("what is wrong", () =>
		/https:\S+ is not believed: its certificate is not by the authority .*boot the machine anew/.test(
			machine.process.output(),
		),
	);
	t.deepEqual(await other.machines(), []);
	t.notRegex(other.process.output(), /v1\/enroll/);
	await startMachine(t, own, { name: "right", coordinatorUrls: [other.url, own.url] });
	await allReady(own, 1);
});

test("a certificate that was replaced while an operator watches and a machine lives cuts neither off", async (t) => {
	const coordinator = await startCoordinator(t, { tls: { certificateSeconds: 30 } });
	await startMachine(t, coordinator, { name: "living" });
	await allReady(coordinator, 1);
	const operator = newOperator(t);
	const where = ["--server", coordinator.url, "--token-file", tokenFile(coordinator)];
	const trusting = ["--ca-file", coordinator.authority?.file ?? ""];
	const watching = operator.start("watch", "--since", "0", ...where, ...trusting);
	await eventually("what it watches", () => /machine-enrolled/.test(watching.output()), 60_000);
	const replacements = () => coordinator.process.output().split("have another certificate from now on").length;
	const before = replacements();
	await eventually("the replacement", () => replacements() > before, 60_000);
	const { view } = await coordinator.call<{ view: { tokenId: string } }>("POST", "/v1/tokens", {
		scope: "enroll",
		labels: {},
	});
	await eventually("the event", () => watching.output().includes(view.tokenId));
	t.notRegex(watching.output(), /interrupted|again/);
	t.is((await coordinator.machines())[0]?.phase, "ready");
	t.deepEqual(
		(await coordinator.events()).filter(({ type }) => type === "lease-changed"),
		[],
	);
});

test("given files that are no pair end the start with the file's name", async (t) => {
	const folder = newOperator(t).home;
	const files = { certificateFile: join(folder, "a.pem"), keyFile: join(folder, "a.key") };
	for (const file of Object.values(files)) writeFileSync(file, "nothing");
	await t.throwsAsync(startCoordinator(t, { tls: files }), { message: /no ready coordinator; it ended with 2/ });
});

test("TLS is switched on under a machine that booted without it, and the machine comes back by itself", async (t) => {
	const plain = await startCoordinator(t, { tls: "off" });
	t.regex(plain.url, /^http:/);
	const file = join(plain.dataFolder, "tls/authority.crt");
	const authority = { pem: readFileSync(file, "utf8"), file };
	const coordinatorUrls = [plain.url.replace("http:", "https:"), plain.url];
	const machine = await startMachine(t, { ...plain, authority }, { name: "before", coordinatorUrls, rejoinAfter: 2 });
	const [before] = await allReady(plain, 1);
	const agent = machine.agentPid();
	const secure = await plain.restart({ tls: OWN });
	t.regex(secure.url, /^https:/);
	await eventually(
		"the machine over TLS",
		async () =>
			(await secure.request("POST", `/v1/machines/${before?.machineId}/commands`, { kind: "ping" })).status < 300,
		60_000,
	);
	await allReady(secure, 1);
	t.is(machine.agentPid(), agent);
});
