import { eventually } from "@rollcall/test-support/eventually";
import { stretched } from "@rollcall/test-support/stretch";
import test from "ava";
import { newOperator } from "../support/cli.ts";
import { asAdmin, startCoordinator } from "../support/coordinator.ts";
import { documentText } from "../support/documents.ts";
import { eventsOf } from "../support/events.ts";
import { allReady, startMachine } from "../support/machine.ts";

/** What a machine that reboots ends with. */
const REBOOTED = 75;

test("reboots of all control planes that are asked for at once with --queue go one after the other, each when the one before votes again", async (t) => {
	t.timeout(stretched(400_000));
	const slots = [{ name: "control", role: "control-plane", count: 3, selector: { rehearsal: true } }];
	const coordinator = await startCoordinator(t, { document: documentText({ slots }) });
	let over = false;
	t.teardown(() => {
		over = true;
	});
	for (const name of ["one", "two", "three"]) {
		const first = await startMachine(t, coordinator, { name: `queued-${name}` });
		void (async () => {
			for (let machine = first; !over; ) {
				const { code } = await machine.process.exited;
				if (code !== REBOOTED || over) return;
				machine = await machine.bootAgain(coordinator, { loopback: machine.loopback });
			}
		})();
	}
	const views = await allReady(coordinator, 3, 90_000);
	await eventually("etcd is founded", async () => (await eventsOf(coordinator, "etcd-founded")).length === 1);
	const operator = newOperator(t);
	const at = asAdmin(coordinator);
	const reboots = views.map(({ machineId }) => operator.start(...at, "reboot", machineId, "--queue", "--wait"));
	for (const reboot of reboots) {
		const { code } = await reboot.exited;
		t.is(code, 0, reboot.output());
	}
	const order = (await coordinator.events()).flatMap(({ type }) =>
		type === "command-issued" || type === "etcd-member-promoted" ? [type] : [],
	);
	const turn = ["command-issued", "etcd-member-promoted"] as const;
	t.deepEqual(order, [...turn, ...turn, ...turn]);
	t.true(
		reboots.filter((reboot) => /waiting its turn: .*members of etcd are healthy/.test(reboot.output())).length >= 2,
	);
});
