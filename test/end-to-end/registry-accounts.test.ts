import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { REHEARSAL_DOCUMENT, startCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { filesBelow } from "../support/secrets.ts";

const PASSWORD = "correct-horse-battery";
const ENCODED = Buffer.from(`robot:${PASSWORD}`).toString("base64");
const HOSTS = "etc/containerd/certs.d/docker.io/hosts.toml";
const guarded = (account: string) =>
	`${REHEARSAL_DOCUMENT}\nimages: { mirrors: [{ registry: docker.io, endpoints: ["https://cache.lab.example/hub"], account: ${account} }] }\n`;

test("a mirror's password reaches the machines' hosts.toml, and nothing else that the coordinator keeps, says or shows", async (t) => {
	const dataFolder = ownFolder(t);
	const coordinator = await startCoordinator(t, { dataFolder });
	const text = guarded("cache");

	const refused = await coordinator.request("PUT", "/v1/cluster", { text });
	t.like(refused.body, { code: "document-invalid", path: "images.mirrors[0].account" });
	const folder = join(dataFolder, "registry-accounts");
	mkdirSync(folder, { mode: 0o700 });
	writeFileSync(join(folder, "cache"), `robot:${PASSWORD}\n`, { mode: 0o644 });
	const open = await coordinator.request("PUT", "/v1/cluster", { text });
	t.regex(JSON.stringify(open.body), /others can read/);
	chmodSync(join(folder, "cache"), 0o600);
	await coordinator.call("PUT", "/v1/cluster", { text });

	const machine = await startMachine(t, coordinator, { name: "mirror-account" });
	await allReady(coordinator, 1, 90_000);
	const hosts = () => readFileSync(join(machine.root, HOSTS), "utf8");
	t.true(hosts().includes(`Authorization = "Basic ${ENCODED}"`), "the header is not in hosts.toml");
	t.is(statSync(join(machine.root, HOSTS)).mode & 0o777, 0o600);

	// Another password is another account; the plan names the file and not what is in it.
	writeFileSync(join(folder, "cache-2"), `robot:${PASSWORD}-2\n`, { mode: 0o600 });
	const plan = await coordinator.call<object>("POST", "/v1/plan", { text: guarded("cache-2") });
	t.regex(JSON.stringify(plan), /certs\.d\/docker\.io\/hosts\.toml","change":"changed"/);
	await coordinator.call("PUT", "/v1/cluster", { text: guarded("cache-2") });
	const again = Buffer.from(`robot:${PASSWORD}-2`).toString("base64");
	await eventually(
		"the other password on the machine",
		async () => (hosts().includes(again) ? true : undefined),
		60_000,
	);

	const [{ machineId = "" } = {}] = await coordinator.machines();
	const shown = [
		plan,
		await coordinator.events(),
		await coordinator.machine(machineId),
		await coordinator.call("GET", `/v1/machines/${machineId}/target`),
		await coordinator.call("GET", "/v1/cluster"),
	].map((answer) => JSON.stringify(answer));
	// Nothing is being written any more.
	await coordinator.stop();
	const kept = filesBelow(dataFolder)
		.filter((path) => !path.startsWith(folder))
		.map((path) => readFileSync(path, "latin1"));
	const logs = [coordinator.process.output(), machine.process.output()];
	const secrets = [PASSWORD, ENCODED.slice(8, -2), again.slice(8, -4)];
	for (const [index, one] of [...shown, ...kept, ...logs].entries())
		t.false(
			secrets.some((secret) => one.includes(secret)),
			`a password is in text ${index}`,
		);
});
