import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createUser, fromSeed } from "@nats-io/nkeys";
import { type Assignment, assignmentText, type EnrollClaim, type Event, SignedAssignment } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { REHEARSAL_DOCUMENT, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";
import { signedEnrollment } from "../support/signed-enrollment.ts";
import { allAnswer, everLost, holdingsOf, type Seats, seatsOf } from "../support/standing.ts";

const enter = createGate(2);
/** One seat of each kind, and whoever comes then is a spare. */
const TWO_SEATS = REHEARSAL_DOCUMENT.replace("count: rest", "count: 1");

const storeOf = ({ dataFolder }: TestCoordinator): string => join(dataFolder, "nats/jetstream");
const loseStore = (coordinator: TestCoordinator): void => rmSync(storeOf(coordinator), { recursive: true });

/** A control plane, a worker and a spare, each with a label from its token. */
async function startFleet(t: ExecutionContext, name: string) {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t, { document: TWO_SEATS });
	const machines: TestMachine[] = [];
	for (const [index, rack] of ["north", "south", "spare"].entries()) {
		const token = await coordinator.enrollToken({ labels: { rack } });
		machines.push(await startMachine(t, coordinator, { name: `${name}-${index}`, token, rejoinAfter: 2 }));
		if (index < 2) await allReady(coordinator, index + 1);
	}
	await eventually("the spare", async () =>
		(await coordinator.machines()).some(({ phase, lease }) => phase === "idle" && lease === "alive"),
	);
	const all = await seatsOf(coordinator);
	const entries = Object.entries(all);
	const seats: Seats = Object.fromEntries(entries.filter(([, { seat }]) => seat !== undefined));
	const [spare] = entries.find(([, { seat }]) => seat === undefined) ?? [];
	if (spare === undefined) throw new Error("no spare");
	return { coordinator, machines, seats, ids: Object.keys(all), spare, holdings: await holdingsOf(machines) };
}

/** The seats of all but those named. */
async function seatsBut(coordinator: TestCoordinator, ...others: readonly (string | undefined)[]): Promise<Seats> {
	return Object.fromEntries(Object.entries(await seatsOf(coordinator)).filter(([id]) => !others.includes(id)));
}

/** The log began anew, and all seats were taken over from proofs: no target was made, nobody was assigned. */
function assertRebuilt(t: ExecutionContext, events: readonly Event[], seats: Seats): void {
	const [first] = events;
	t.true(first?.type === "log-started" && first.recovering);
	const adopted = events.filter((event) => event.type === "assignment-adopted").map(({ machineId }) => machineId);
	t.deepEqual<string[], string[]>(adopted.sort(), Object.keys(seats).sort());
	const decided = ["target-issued", "machine-assigned", "machine-released"];
	t.deepEqual(
		events.filter(({ type }) => decided.includes(type)),
		[],
	);
}

/** A process that neither runs nor ends until the test goes on. */
function pause(t: ExecutionContext, pid: number | undefined): () => void {
	if (pid === undefined) throw new Error("no such process");
	process.kill(pid, "SIGSTOP");
	const goOn = (): void => {
		try {
			process.kill(pid, "SIGCONT");
		} catch {
			// It ended with its machine.
		}
	};
	t.teardown(goOn);
	return goOn;
}

test("a coordinator whose log was deleted while it was stopped rebuilds the same fleet from what live agents prove; neither spare nor newcomer takes the seat of a holder that comes late", async (t) => {
	const { coordinator, machines, seats, ids, spare, holdings } = await startFleet(t, "deleted");
	const [late] = machines;
	const goOn = pause(t, late?.agentPid());
	const second = await coordinator.restart({ between: () => loseStore(coordinator) });
	t.true((await second.status()).recovering);
	const newcomer = await startMachine(t, second, { name: "deleted-newcomer" });
	const newcomerId = await eventually("the newcomer and the early two", async () => {
		const views = await second.machines();
		return views.length === 3 ? views.find(({ machineId }) => !ids.includes(machineId))?.machineId : undefined;
	});
	t.true((await second.status()).recovering);
	goOn();
	await eventually("the late holder", async () => (await second.machines()).length === 4, 14_000);
	await eventually("the end of the recovery", async () => !(await second.status()).recovering);
	await allReady(second, 2);
	await allAnswer(second, [...ids, newcomerId]);
	const before = await second.status();
	await eventually("some more decisions", async () => {
		await second.enrollToken();
		return (await second.status()).seq > before.seq + 3;
	});
	t.deepEqual(await seatsBut(second, spare, newcomerId), seats);
	t.deepEqual(await holdingsOf(machines), holdings);
	t.deepEqual(
		(await second.machines())
			.filter(({ phase }) => phase === "idle")
			.map(({ machineId }) => machineId as string)
			.sort(),
		[spare, newcomerId as string].sort(),
	);
	const events = await second.events();
	assertRebuilt(t, events, seats);
	t.deepEqual(everLost(events), []);
	await newcomer.cutPower();
});

test("a coordinator that lives on while its nats-server is killed and the log is deleted rebuilds the same fleet without being told", async (t) => {
	const { coordinator, machines, seats, spare, ids, holdings } = await startFleet(t, "under");
	const pid = coordinator.natsPid();
	process.kill(pid, "SIGKILL");
	loseStore(coordinator);
	await eventually("a log that begins anew", async () => {
		const [first] = await coordinator.events();
		return first?.type === "log-started" && first.recovering;
	});
	await eventually("all machines", async () => (await coordinator.machines()).length === 3, 14_000);
	await allReady(coordinator, 2);
	await allAnswer(coordinator, ids);
	t.deepEqual(await seatsBut(coordinator, spare), seats);
	await eventually("the end of the recovery", async () => !(await coordinator.status()).recovering);
	await coordinator.enrollToken();
	t.deepEqual(await seatsBut(coordinator, spare), seats);
	t.deepEqual(await holdingsOf(machines), holdings);
	assertRebuilt(t, await coordinator.events(), seats);
});

/** What the manual says to back up. */
const BACKUP = new Set(["keys", "cluster.json", "admin-token", "etcd-snapshots"]);

test("a data folder that was put back from a backup begins as after a lost log: it takes in what living machines prove, before anybody gets a seat", async (t) => {
	const { coordinator, machines, seats, spare, ids, holdings } = await startFleet(t, "backup");
	const { dataFolder } = coordinator;
	const second = await coordinator.restart({
		between: () => {
			for (const name of readdirSync(dataFolder))
				if (!BACKUP.has(name) && !name.endsWith(".yaml")) rmSync(join(dataFolder, name), { recursive: true });
		},
	});
	t.true((await second.status()).recovering);
	await eventually("all machines", async () => (await second.machines()).length === 3, 14_000);
	await allReady(second, 2);
	await allAnswer(second, ids);
	await eventually("the end of the recovery", async () => !(await second.status()).recovering);
	await second.enrollToken();
	t.deepEqual(await seatsBut(second, spare), seats);
	t.deepEqual(await holdingsOf(machines), holdings);
	assertRebuilt(t, await second.events(), seats);
});

test("an assignment cannot be invented: enrollments with a forged, a changed or somebody else's proof are refused and recorded, and the real one still counts", async (t) => {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t);
	const machine = await startMachine(t, coordinator, { name: "forged" });
	const [holder] = await allReady(coordinator, 1);
	if (!holder) return t.fail("no machine");
	const { facts } = await coordinator.machine(holder.machineId);
	const state = join(machine.root, "run/rollcall/state");
	const kept = JSON.parse(readFileSync(join(state, "good.json"), "utf8")) as { proof: unknown };
	const identity = JSON.parse(readFileSync(join(state, "identity.json"), "utf8")) as { seed: string };
	const proof = SignedAssignment.parse(kept.proof);
	const { publicKey } = proof.assignment;
	await machine.cutPower();

	const forger = createUser();
	const mine = forger.getPublicKey();
	const sign = (assignment: unknown): string =>
		Buffer.from(forger.sign(new TextEncoder().encode(assignmentText(assignment as Assignment)))).toString("base64");
	const changed = (change: object) => ({ ...proof, assignment: { ...proof.assignment, ...change } });
	const foreign = { ...facts, bootId: randomUUID(), smbios: { uuid: randomUUID() }, nics: [] };
	const forgeries: Record<string, object> = {
		"signed by another key": { publicKey, facts, proof: { ...proof, signer: mine, signature: sign(proof.assignment) } },
		"signed by another key in our name": { publicKey, facts, proof: { ...proof, signature: sign(proof.assignment) } },
		"another seat": { publicKey, facts, proof: changed({ seat: proof.assignment.seat + 1 }) },
		"another slot": { publicKey, facts, proof: changed({ slot: "worker", role: "worker" }) },
		"another generation": { publicKey, facts, proof: changed({ generation: 99 }) },
		"another machine": { publicKey, facts, proof: changed({ machineId: "m-000000000000000000000000" }) },
		"another key, signature kept": { publicKey: mine, facts, proof: changed({ publicKey: mine }) },
		"another boot, signature kept": { publicKey, facts: foreign, proof: changed({ bootId: foreign.bootId }) },
		"the whole proof, by another key": { publicKey: mine, facts, proof },
		"the whole proof, by another boot": { publicKey, facts: foreign, proof },
		"no proof at all": { publicKey: mine, facts: foreign },
	};
	const second = await coordinator.restart({ between: () => loseStore(coordinator) });
	t.true((await second.status()).recovering);
	for (const [what, body] of Object.entries(forgeries)) {
		const claim = body as EnrollClaim;
		const key = claim.publicKey === mine ? forger : fromSeed(Buffer.from(identity.seed));
		const { status, body: answer } = await second.request("POST", "/v1/enroll", signedEnrollment(claim, key));
		t.deepEqual([status, (answer as { code: string }).code], [401, "unauthorized"], what);
	}
	const refusals = (await second.events()).filter(({ type }) => type === "enrollment-refused");
	t.is(refusals.length, Object.keys(forgeries).length);
	t.deepEqual(await second.machines(), []);
	const real = signedEnrollment({ publicKey, facts, proof }, fromSeed(Buffer.from(identity.seed)));
	const { status } = await second.request("POST", "/v1/enroll", real);
	t.is(status, 200);
	const [back] = await second.machines();
	t.deepEqual([back?.machineId, back?.slot, back?.seat], [holder.machineId, holder.slot, holder.seat]);
});
