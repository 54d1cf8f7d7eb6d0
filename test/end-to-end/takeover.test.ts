import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Event, type Problem, type Status, TokenCreated } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { launchCoordinator, startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type ExternalNats, startExternalNats } from "../support/external-nats.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine } from "../support/machine.ts";
import { allAnswer, everLost, holdingsOf, seatsOf } from "../support/standing.ts";

const enter = createGate(1);

/** Two coordinators on one bus; the first leads. */
async function startPair(t: ExecutionContext): Promise<{ nats: ExternalNats; a: TestCoordinator; b: TestCoordinator }> {
	t.teardown(await enter());
	const nats = await startExternalNats(t);
	const a = await startCoordinator(t, nats.options());
	const b = await startCoordinator(t, { ...nats.options(), dataFolder: ownFolder(t) });
	return { nats, a, b };
}

/** Waits until both stand at the same place of the log, and gives both answers back. */
function atOnePlace(a: TestCoordinator, b: TestCoordinator): Promise<readonly [Status, Status]> {
	return eventually("two coordinators at the same place of the log", async () => {
		const both = await Promise.all([a.status(), b.status()]);
		return both[0].seq === both[1].seq ? both : undefined;
	});
}

const leads = async (coordinator: TestCoordinator): Promise<boolean> => (await coordinator.status()).leader;

test("the second coordinator follows hot, names the leader when it refuses a write, and takes over when the leader is killed: machines stay ready, and one that died meanwhile is found lost", async (t) => {
	const { nats, a, b } = await startPair(t);
	const urls = [a.url, b.url];
	const machines = await Promise.all(
		["over-1", "over-2", "over-3"].map((name) => startMachine(t, a, { name, coordinatorUrls: urls })),
	);
	await allReady(a, 3);
	const seats = await seatsOf(a);
	const holdings = (await holdingsOf(machines)) as unknown[];

	const [leader, follower] = await atOnePlace(a, b);
	t.deepEqual([leader.leader, follower.leader, follower.leaderUrl], [true, false, a.url]);
	t.is(follower.stateDigest, leader.stateDigest);
	t.deepEqual(await seatsOf(b), seats);
	const { status, body } = await b.request("POST", "/v1/tokens", { scope: "enroll", labels: {} });
	const problem = body as Problem;
	t.deepEqual([status, problem.code], [503, "not-leader"]);
	t.true(JSON.stringify(problem).includes(a.url), JSON.stringify(problem));

	const victim = machines[2];
	const bootId = victim && readFileSync(join(victim.root, "proc/sys/kernel/random/boot_id"), "utf8").trim();
	const dead = Object.keys(seats).find((id) => seats[id]?.bootId === bootId);
	if (!victim || !dead) return t.fail("no third machine");
	await Promise.all([a.process.end("SIGKILL"), victim.cutPower()]);
	await eventually("the second coordinator to lead", () => leads(b), 10_000);
	await allAnswer(
		b,
		Object.keys(seats).filter((id) => id !== dead),
	);
	await eventually(
		"the machine that died during the switch to be lost",
		async () => (await b.machine(dead)).machine.phase === "lost",
		40_000,
	);
	await allReady(b, 2);
	t.deepEqual(await seatsOf(b), seats);
	t.deepEqual((await holdingsOf(machines.slice(0, 2))) as unknown[], holdings.slice(0, 2));
	t.deepEqual(everLost(await b.events()), [dead]);

	const again = await a.restart();
	const [second, first] = await atOnePlace(again, b);
	t.deepEqual([second.leader, second.leaderUrl, first.leader], [false, b.url, true]);
	t.is(second.stateDigest, first.stateDigest);
	// A machine that asks the follower first is let in by the leader.
	await startMachine(t, b, { name: "over-4", coordinatorUrls: urls });
	await allReady(b, 3);
	assertLog(t, await nats.entries());
});

/** One write that a test tried: `via` whom, and the token's id when it was acknowledged. */
interface Write {
	readonly via: "a" | "b";
	readonly tokenId?: string;
}

/** Makes tokens at both coordinators, as fast as they answer, until it is stopped. Whoever is asked is kept as a label. */
function hammer(urls: Record<Write["via"], string>, tokens: Record<Write["via"], string>) {
	const writes: Write[] = [];
	let stopped = false;
	const one = async (via: Write["via"]): Promise<void> => {
		while (!stopped) {
			try {
				const response = await fetch(`${urls[via]}/v1/tokens`, {
					method: "POST",
					headers: { authorization: `Bearer ${tokens[via]}`, "content-type": "application/json" },
					body: JSON.stringify({ scope: "enroll", labels: { via } }),
					signal: AbortSignal.timeout(stretched(15_000)),
				});
				const answer: unknown = await response.json();
				writes.push(response.ok ? { via, tokenId: TokenCreated.parse(answer).view.tokenId } : { via });
			} catch {
				writes.push({ via });
			}
			await new Promise((resolve) => setTimeout(resolve, 25));
		}
	};
	const workers = (["a", "b", "a", "b"] as const).map(one);
	return {
		acknowledged: (via: Write["via"]) => writes.filter((write) => write.via === via && write.tokenId).length,
		stop: async (): Promise<Write[]> => {
			stopped = true;
			await Promise.all(workers);
			return writes;
		},
	};
}

/** The log's numbers count up by one, also over the borders of its entries, and every term has one leader. */
function assertLog(t: ExecutionContext, entries: readonly Event[][]): Event[] {
	const events = entries.flat();
	t.deepEqual(
		events.map(({ seq }) => seq),
		events.map((_event, index) => index + 1),
	);
	t.is(events.filter(({ type }) => type === "log-started").length, 1);
	return events;
}

test("under a hail of writes a paused leader that goes on after the takeover writes nothing more and follows; every acknowledged write is in the log once, in its leader's own term", async (t) => {
	const { nats, a, b } = await startPair(t);
	const pid = a.process.child.pid;
	if (pid === undefined) return t.fail("no coordinator");
	t.teardown(() => a.process.child.kill("SIGCONT"));
	const hail = hammer({ a: a.url, b: b.url }, { a: a.token, b: b.token });
	t.teardown(() => hail.stop());
	const acknowledges = (via: Write["via"], more = 20): Promise<true> => {
		const before = hail.acknowledged(via);
		return eventually(`writes by coordinator ${via}`, () => hail.acknowledged(via) >= before + more);
	};
	await acknowledges("a");
	const ids = [(await a.status()).coordinatorId, (await b.status()).coordinatorId];

	process.kill(pid, "SIGSTOP");
	await eventually("the second coordinator to lead", () => leads(b), 15_000);
	await acknowledges("b");
	process.kill(pid, "SIGCONT");
	await eventually("the paused one to follow", async () => {
		const { leader, leaderUrl } = await a.status();
		return !leader && leaderUrl === b.url;
	});
	await acknowledges("b");
	t.log(`appends that came too late: ${await conflicts(a)}`);

	await b.process.end("SIGKILL");
	await eventually("the first coordinator to lead again", () => leads(a), 15_000);
	await acknowledges("a");
	const back = await b.restart();
	const writes = await hail.stop();
	const [first, second] = await atOnePlace(a, back);
	t.is(first.stateDigest, second.stateDigest);

	const events = assertLog(t, await nats.entries());
	t.deepEqual(
		events.flatMap((event) => (event.type === "leader-elected" ? event.coordinatorId : [])),
		[ids[0], ids[1], ids[0]],
	);
	const written = new Map<string, number>();
	const strays: Event[] = [];
	let leader = "";
	for (const event of events) {
		if (event.type === "leader-elected") leader = event.coordinatorId;
		if (event.type !== "token-created" || event.scope !== "enroll") continue;
		written.set(event.tokenId, (written.get(event.tokenId) ?? 0) + 1);
		if (leader !== ids[event.labels.via === "a" ? 0 : 1]) strays.push(event);
	}
	t.deepEqual(strays, [], "written by somebody who did not lead");
	const promised = writes.flatMap(({ tokenId }) => tokenId ?? []);
	t.true(promised.length >= 80);
	t.deepEqual(
		promised.filter((tokenId) => written.get(tokenId) !== 1),
		[],
	);
	t.true([...written.values()].every((times) => times === 1));
	t.deepEqual(await a.events(), await back.events());
});

/** How many appends of a coordinator met those of another one. */
async function conflicts(coordinator: TestCoordinator): Promise<number> {
	const text = await (await fetch(`${coordinator.url}/metrics`)).text();
	return Number(/rollcall_append_seconds_count\{outcome="conflict"\} (\d+)/.exec(text)?.[1] ?? 0);
}

test("a follower that is alone with an empty log knows that there was one: it rebuilds the fleet from proofs instead of assigning anew", async (t) => {
	const { nats, a, b } = await startPair(t);
	const machines = await Promise.all(
		["empty-1", "empty-2"].map((name) => startMachine(t, a, { name, coordinatorUrls: [a.url, b.url] })),
	);
	await allReady(a, 2);
	const seats = await seatsOf(a);
	const holdings = await holdingsOf(machines);
	await atOnePlace(a, b);
	await Promise.all([a.process.end("SIGKILL"), nats.kill()]);
	await nats.start({ empty: true });
	await eventually("the follower to lead a new log", async () => {
		const [first] = await b.events();
		return first?.type === "log-started" && first.recovering;
	});
	await eventually("both machines", async () => (await b.machines()).length === 2);
	await allReady(b, 2);
	t.deepEqual(await seatsOf(b), seats);
	t.deepEqual(await holdingsOf(machines), holdings);
});

/** A data folder as it is on another computer after somebody copied it there. */
function copyOf(t: ExecutionContext, dataFolder: string): string {
	const copy = `${dataFolder}-copy`;
	t.teardown(() => rmSync(copy, { recursive: true, force: true }));
	cpSync(dataFolder, copy, { recursive: true });
	for (const name of ["lock", "api.json"]) rmSync(join(copy, name), { force: true });
	return copy;
}

/** Starts a coordinator that has to end by itself, and gives its output. */
async function refusal(t: ExecutionContext, nats: ExternalNats, dataFolder: string): Promise<string> {
	const started = launchCoordinator(t, { ...nats.options(), dataFolder, natsPort: await freePort() });
	await eventually("the process to end", () => started.child.exitCode !== null);
	t.not(started.child.exitCode, 0);
	return started.output();
}

const elections = async (nats: ExternalNats): Promise<number> =>
	(await nats.entries()).flat().filter(({ type }) => type === "leader-elected").length;

test("a copy of a data folder does not lead beside the one that it was copied from: it is told where that one runs and ends, and the log has no election more", async (t) => {
	const { nats, a, b } = await startPair(t);
	const { dataFolder } = a;
	const copy = copyOf(t, dataFolder);
	const before = await elections(nats);
	const { coordinatorId } = await a.status();
	t.regex(await refusal(t, nats, copy), new RegExp(`id ${coordinatorId}.*${dataFolder}.*coordinator-id`));
	t.is(await elections(nats), before);
	t.true(await leads(a));
	await eventually("the first one to tell", () => a.process.output().includes(copy));

	// A copy of one that follows, too; and when the first one is gone its copy may take its place, and keeps it.
	t.regex(await refusal(t, nats, copyOf(t, b.dataFolder)), /coordinator-id/);
	await Promise.all([a.stop(), b.stop()]);
	const moved = await startCoordinator(t, { ...nats.options(), dataFolder: copy });
	t.true(await leads(moved));
	t.regex(await refusal(t, nats, dataFolder), new RegExp(`${copy}.*coordinator-id`));
	t.is(await elections(nats), before + 1);
});

test("of a leader that stood still and a copy of its data folder that took its place meanwhile one stops, and the other one leads", async (t) => {
	const { nats, a, b } = await startPair(t);
	await b.stop();
	const copy = copyOf(t, a.dataFolder);
	const { child } = a.process;
	t.teardown(() => child.kill("SIGCONT"));
	child.kill("SIGSTOP");
	const moved = await startCoordinator(t, { ...nats.options(), dataFolder: copy });
	t.true(await leads(moved));
	child.kill("SIGCONT");
	await eventually("the later one to end", () => moved.process.child.exitCode !== null);
	t.regex(moved.process.output(), new RegExp(`${a.dataFolder}\\..*coordinator-id`));
	await eventually("the first one to lead", () => leads(a));
	await a.enrollToken();
	const count = await elections(nats);
	t.true(count < 10, `${count} elections`);
	assertLog(t, await nats.entries());
});
