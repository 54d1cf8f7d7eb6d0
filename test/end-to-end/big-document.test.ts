import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";

const COUNT = 10_000;

/** A document that declares as many machines as there may be, each with all that people give one. */
function bigDocument(): string {
	const machines = Array.from({ length: COUNT }, (_, number) => {
		const mac = [16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, "0")).join(":");
		const uuid = `${number.toString(16).padStart(8, "0")}-1111-4222-8333-123456789abc`;
		const labels = `{ rack: r${number % 100}, row: w${number % 10} }`;
		return `  - { uuid: ${uuid}, mac: "02:00:00:${mac}", nodeName: node-${number}, labels: ${labels} }\n`;
	});
	return [
		"apiVersion: rollcall/v1\nkind: Cluster\nname: lab\n",
		'kubernetes: { version: "1.36" }\nnetworks: { pods: 10.0.0.0/10, services: 10.200.0.0/16 }\n',
		`machines:\n${machines.join("")}slots:\n  - { name: workers, role: worker, count: rest }\nvolumes: {}\n`,
	].join("");
}

test("ten thousand machines are declared in one document, and a coordinator that is killed knows them all", async (t) => {
	const coordinator = await startCoordinator(t);
	const declared = await coordinator.call<{ changed: boolean }>("PUT", "/v1/cluster", { text: bigDocument() });
	t.true(declared.changed);
	const again = await coordinator.restart({ signal: "SIGKILL" });
	const { document } = await again.call<{ document: { machines: unknown[] } }>("GET", "/v1/cluster");
	t.is(document.machines.length, COUNT);
	t.true((await again.status()).leader);
});
