import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CertificateList, Compromised, Exposure, Status } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { eventsOf } from "../support/events.ts";
import { connectAs, enroll, join as joinFleet, newIncarnation } from "../support/incarnation.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";

function believed(machine: TestMachine): string[] {
	const text = readFileSync(join(machine.root, "etc/kubernetes/pki/ca.crt"), "utf8");
	const pems = text.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
	return pems.map((pem) => new X509Certificate(pem).fingerprint256);
}

test("a worker in other hands is out at once, and soon nobody believes the authority of its certificates", async (t) => {
	const coordinator = await startCoordinator(t);
	const machines = await Promise.all(
		["one", "two"].map((name) => startMachine(t, coordinator, { name: `taken-${name}` })),
	);
	const views = await allReady(coordinator, 2, 90_000);
	const worker = views.find(({ role }) => role === "worker");
	const other = views.find(({ role }) => role === "control-plane");
	if (!worker?.nodeName || !other) return t.fail("no worker");
	const controlPlane = machines.find(({ root }) =>
		readFileSync(join(root, "run/rollcall/state/good.json"), "utf8").includes(other.machineId),
	);
	if (!controlPlane) return t.fail("no machine is the control plane");
	const [before] = believed(controlPlane);
	const path = `/v1/machines/${worker.machineId}`;

	const shown = await coordinator.call<Exposure>("GET", `${path}/exposure`);
	t.deepEqual(shown.changes, ["authorities"]);
	t.regex(shown.couldRead.join("\n"), new RegExp(`pods on ${worker.nodeName}[\\s\\S]*certificate kubelet-client`));
	t.notRegex(shown.couldRead.join("\n"), /everything in the cluster/);
	const said = await coordinator.call<Compromised>("POST", `${path}/compromised`, { reason: "a pod broke out" });
	t.like(said.machine, { phase: "rejected", approval: "rejected" });
	t.deepEqual(said.exposure, shown);
	t.like((await eventsOf(coordinator, "machine-compromised"))[0], { machineId: worker.machineId, by: "admin" });
	const status = await coordinator.call<Status>("GET", "/v1/status");
	t.true(status.trouble?.some(({ kind }) => kind === "exposed-keys"));

	await eventually("only a new authority to be believed", () => !believed(controlPlane).includes(before ?? ""), 90_000);
	await eventually("nothing to be exposed any more", async () => {
		const { certificates } = await coordinator.call<CertificateList>("GET", "/v1/certificates");
		const authorities = certificates.filter(({ kind }) => kind === "authority");
		return authorities.every(({ state }) => state === "signing") || undefined;
	});
	const after = await coordinator.call<Status>("GET", "/v1/status");
	t.false(after.trouble?.some(({ kind }) => kind === "exposed-keys"));
	const reasons = (await eventsOf(coordinator, "trust-changed")).map(({ reason }) => reason);
	t.is(reasons.filter((reason) => reason.includes("in other hands")).length, 3);
});

test("its connection is cut, and neither it nor another boot of it comes back until a person admits it", async (t) => {
	const coordinator = await startCoordinator(t);
	const first = newIncarnation();
	const connection = await connectAs(t, first, await joinFleet(coordinator, first));
	const uuid = first.facts.smbios.uuid ?? "";
	const closed = connection.closed();
	await coordinator.call("POST", `/v1/machines/${uuid}/compromised`, {});
	t.regex(String((await closed)?.message), /revoked|authorization/i);
	const again = async (boot: typeof first) => {
		const answer = await enroll(coordinator, boot, { token: await coordinator.enrollToken() });
		return answer.ok ? "let in" : answer.problem.code;
	};
	const next = newIncarnation({ uuid, mac: first.facts.nics[0]?.mac ?? "" });
	t.is(await again(first), "machine-rejected");
	t.is(await again(next), "machine-rejected");
	await coordinator.call("DELETE", `/v1/machines/${uuid}`);
	t.is(await again(first), "incarnation-fenced");
	await again(next);
	t.is(await again(next), "machine-rejected");
	await coordinator.restart();
	t.is(await again(next), "machine-rejected");
	await coordinator.call("POST", `/v1/machines/${uuid}/approve`, {});
	t.is(await again(next), "let in");
});
