import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { apply, EMPTY_FLEET, stateDigest } from "@rollcall/coordinator/simulator";
import { type Event, SignedAssignment } from "@rollcall/protocol";
import { eventually, withDeadline } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { launchCoordinator, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";

/**
 * Points between receiving, appending, sending and acknowledging; see `packages/coordinator/src/loop/failpoints.ts`. Two machines pass these on their way,
 * and again as long as nothing of it was kept: so one fleet comes to all of them, one after the other.
 */
const WAYS = {
	"to their assignments": [
		"received:enroll#2",
		"admitted:enroll",
		"append:before:machine-enrolled",
		"append:after:machine-enrolled",
		"answer:before:enroll",
		"enroll:before-issue",
		"received:hello#2",
		"answer:before:hello",
		"answer:after:hello#2",
	],
	"with them": ["append:before:target-progress", "append:after:target-progress", "answer:before:report"],
};

/** Points that are passed once only, or that what was kept hides from whoever comes again: each has a fleet of its own. */
const ONCE = [
	"append:before:machine-enrolled#2",
	"committed:machine-enrolled#2",
	"append:before:target-issued",
	"append:after:target-issued#2",
	"notify:before",
	"notify:after#2",
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

for (const point of ONCE) {
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
		await comesBack(t, await first.restart(), machines.map(acknowledged));
	});
}

for (const [way, points] of Object.entries(WAYS)) {
	test(`a coordinator that is killed at one point after the other of two machines' way ${way} comes back with every acknowledged assignment, nothing twice, and the fold of its log`, async (t) => {
		t.teardown(await enter());
		t.timeout(stretched(240_000));
		const place = { dataFolder: ownFolder(t), natsPort: await freePort(), port: await freePort() };
		const first = await startCoordinator(t, place);
		const tokens = [await first.enrollToken(), await first.enrollToken()];
		const start = (index: number) => startMachine(t, first, { name: `crash-${index}`, token: tokens[index] ?? "" });
		const machines = await Promise.all([start(0), start(1)]);
		await first.stop();
		const promised: ReturnType<typeof acknowledged>[] = [];
		for (const point of points) {
			const one = launchCoordinator(t, { ...place, failpoint: point });
			const { signal } = await withDeadline(`the coordinator to reach ${point}`, one.exited, 60_000);
			t.is(signal, "SIGKILL", one.output());
			promised.push(...machines.map(acknowledged));
		}
		await comesBack(t, await startCoordinator(t, place), promised);
	});
}

/** Both machines get ready with a coordinator that came back; it has what was promised, no seat has two holders, and its state is the fold of its log. */
async function comesBack(
	t: ExecutionContext,
	coordinator: TestCoordinator,
	promised: readonly ReturnType<typeof acknowledged>[],
): Promise<void> {
	await allReady(coordinator, 2, 60_000);
	const views = await coordinator.machines();
	for (const assignment of promised) {
		if (!assignment) continue;
		const view = views.find(({ machineId }) => machineId === assignment.machineId);
		t.is(view?.slot, assignment.slot);
		t.is(view?.seat, assignment.seat);
		t.true((view?.generation ?? 0) >= assignment.generation);
	}
	const status = await coordinator.status();
	const events = (await coordinator.events()).filter(({ seq }) => seq <= status.seq);
	const folded = fold(events);
	t.is(folded.digest, status.stateDigest);
	t.deepEqual(folded.doubles, []);
	t.deepEqual(
		events.map(({ seq }) => seq),
		events.map((_event, index) => index + 1),
	);
}
