import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { apply, EMPTY_FLEET, stateDigest } from "@rollcall/coordinator/simulator";
import { type Event, SignedAssignment } from "@rollcall/protocol";
import { eventually, withDeadline } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";

/** Points between receiving, appending, sending and acknowledging; see `packages/coordinator/src/loop/failpoints.ts`. */
const POINTS = [
	"received:enroll#2",
	"admitted:enroll",
	"append:before:machine-enrolled#2",
	"append:after:machine-enrolled",
	"committed:machine-enrolled#2",
	"answer:before:enroll",
	"enroll:before-issue",
	"append:before:target-issued",
	"append:after:target-issued#2",
	"notify:before",
	"notify:after#2",
	"received:hello#2",
	"answer:before:hello",
	"answer:after:hello#2",
	"append:before:target-progress",
	"append:after:target-progress#2",
	"answer:before:report",
];

/** What two machines come to in one turn passes these once only: the second one comes when the first is known. */
const TWO_TURNS = /:(machine-enrolled|target-issued)#2$/;

const enter = createGate(3);

/** What a machine holds with the coordinator's signature. */
function acknowledged(machine: TestMachine): SignedAssignment["assignment"] | undefined {
	const file = join(machine.root, "run/rollcall/state/good.json");
	if (!existsSync(file)) return undefined;
	return SignedAssignment.parse((JSON.parse(readFileSync(file, "utf8")) as { proof: unknown }).proof).assignment;
}

/** Folds the log as a reader sees it, and says which seat was ever held by two at once. */
function fold(events: readonly Event[]): { digest: string; doubles: string[] } {
	const holders = new Map<string, string>();
	const doubles: string[] = [];
	for (const event of events) {
		if (event.type === "machine-assigned") {
			const seat = `${event.slot}/${event.seat}`;
			if (holders.has(seat) && holders.get(seat) !== event.machineId) doubles.push(seat);
			holders.set(seat, event.machineId);
		}
		if (event.type === "machine-released") holders.delete(`${event.slot}/${event.seat}`);
	}
	return { digest: stateDigest(events.reduce(apply, EMPTY_FLEET)), doubles };
}

for (const point of ["lead:before", "lead:after"]) {
	test(`a coordinator that is killed at ${point}, while it takes the lead, begins its log exactly once`, async (t) => {
		t.teardown(await enter());
		const dataFolder = ownFolder(t);
		await t.throwsAsync(startCoordinator(t, { dataFolder, failpoint: point }), { message: /no ready coordinator/ });
		const second = await startCoordinator(t, { dataFolder });
		const types = (await second.events()).map(({ type }) => type);
		t.is(types.filter((type) => type === "log-started").length, 1);
		t.is(types.filter((type) => type === "cluster-declared").length, 1);
	});
}

for (const point of POINTS) {
	test(`a coordinator that is killed at ${point} comes back with every acknowledged assignment, nothing twice, and the fold of its log`, async (t) => {
		t.teardown(await enter());
		const first = await startCoordinator(t, { failpoint: point });
		const tokens = [await first.enrollToken(), await first.enrollToken()];
		const start = (index: number) => startMachine(t, first, { name: `crash-${index}`, token: tokens[index] ?? "" });
		const machines = TWO_TURNS.test(point) ? [await start(0)] : await Promise.all([start(0), start(1)]);
		if (machines.length === 1) {
			await eventually("the first machine to be known", async () => (await first.machines()).length === 1);
			machines.push(await start(1));
		}
		const { signal } = await withDeadline(`the coordinator to reach ${point}`, first.process.exited);
		t.is(signal, "SIGKILL", first.process.output());
		const promised = machines.map(acknowledged);

		const second = await first.restart();
		await allReady(second, 2, 60_000);
		const views = await second.machines();
		for (const assignment of promised) {
			if (!assignment) continue;
			const view = views.find(({ machineId }) => machineId === assignment.machineId);
			t.is(view?.slot, assignment.slot);
			t.is(view?.seat, assignment.seat);
			t.true((view?.generation ?? 0) >= assignment.generation);
		}
		const status = await second.status();
		const events = (await second.events()).filter(({ seq }) => seq <= status.seq);
		const folded = fold(events);
		t.is(folded.digest, status.stateDigest);
		t.deepEqual(folded.doubles, []);
		t.deepEqual(
			events.map(({ seq }) => seq),
			events.map((_event, index) => index + 1),
		);
	});
}
