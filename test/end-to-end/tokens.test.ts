import { rmSync } from "node:fs";
import { join } from "node:path";
import { TokenCreated } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { eventsOf } from "../support/events.ts";
import { connectAs, enroll, newIncarnation } from "../support/incarnation.ts";
import { metric } from "../support/metrics.ts";

function refusals(coordinator: TestCoordinator): Promise<number> {
	return metric(coordinator, "rollcall_enrollments_refused_total");
}

test("a token lets one machine in; used again it is refused, and that is an event that names the token and the machine", async (t) => {
	const coordinator = await startCoordinator(t);
	const created = TokenCreated.parse(await coordinator.call("POST", "/v1/tokens", { scope: "enroll" }));
	const first = newIncarnation();
	const answer = await enroll(coordinator, first, created);
	if (!answer.ok) return t.fail(answer.problem.message);
	// The machine that it let in may ask again: the answer may have been lost.
	t.true((await enroll(coordinator, first, created)).ok);

	const thief = newIncarnation();
	const refused = await enroll(coordinator, thief, created);
	if (refused.ok) return t.fail("a used token let another machine in");
	t.is(refused.status, 403);
	t.is(refused.problem.code, "token-used");
	t.is<string | undefined, string | undefined>(refused.problem.machineId, thief.facts.smbios.uuid);
	t.truthy(refused.problem.next);
	const [event, ...others] = await eventsOf(coordinator, "enrollment-refused");
	t.deepEqual(others, []);
	t.is(event?.tokenId, created.view.tokenId);
	t.is<string | undefined, string | undefined>(event?.machineId, thief.facts.smbios.uuid);
	t.is(event?.remote, "127.0.0.1");
	t.true(event?.reason.includes(answer.reply.machineId));
	t.is(await refusals(coordinator), 1);
	t.deepEqual(
		(await coordinator.machines()).map(({ machineId }) => machineId),
		[answer.reply.machineId],
	);
});

test("of 50 enrollments with one token at the same time exactly one wins, and all others are told that it is used", async (t) => {
	const coordinator = await startCoordinator(t);
	const token = await coordinator.enrollToken();
	const racers = Array.from({ length: 50 }, () => newIncarnation());
	const answers = await Promise.all(racers.map((racer) => enroll(coordinator, racer, { token })));
	t.is(answers.filter(({ ok }) => ok).length, 1);
	t.deepEqual(
		answers.filter((answer) => !answer.ok).map((answer) => answer.problem.code),
		Array(49).fill("token-used"),
	);
	t.is((await coordinator.machines()).length, 1);
	t.is((await eventsOf(coordinator, "machine-enrolled")).length, 1);
	t.is((await eventsOf(coordinator, "enrollment-refused")).length, 49);
	t.is(await metric(coordinator, "rollcall_enrollments_refused_total", { reason: "token-used" }), 49);
	// The winner's credential is good, and nobody else has one.
	const winner = answers.findIndex(({ ok }) => ok);
	const [answer, racer] = [answers[winner], racers[winner]];
	if (!answer?.ok || !racer) return t.fail("nobody won");
	await t.notThrowsAsync(connectAs(t, racer, answer.reply));
	const loser = racers[winner === 0 ? 1 : 0];
	if (loser) await t.throwsAsync(connectAs(t, loser, answer.reply));
});

test("a wrong, missing, expired, revoked or foreign token is refused by its own name, and each refusal is an event", async (t) => {
	const coordinator = await startCoordinator(t);
	const expiring = await coordinator.enrollToken({ expiresInSeconds: 1 });
	const revoked = TokenCreated.parse(await coordinator.call("POST", "/v1/tokens", { scope: "enroll" }));
	await coordinator.call("DELETE", `/v1/tokens/${revoked.view.tokenId}`);
	const bound = await coordinator.enrollToken({ mac: "02:00:00:00:00:77" });
	const api = TokenCreated.parse(await coordinator.call("POST", "/v1/tokens", { scope: "read" }));
	await eventually("the token to have expired", async () => {
		const { tokens } = await coordinator.call<{ tokens: { state: string }[] }>("GET", "/v1/tokens");
		return tokens.some(({ state }) => state === "expired");
	});

	const cases: [code: string, status: number, token: string | undefined][] = [
		["token-unknown", 403, "rct_nobody-ever-made-this-one"],
		["unauthorized", 401, undefined],
		["token-expired", 401, expiring],
		["token-revoked", 401, revoked.token],
		["forbidden", 403, bound],
		["forbidden", 403, api.token],
		["forbidden", 403, coordinator.token],
	];
	for (const [code, status, token] of cases) {
		const before = (await eventsOf(coordinator, "enrollment-refused")).length;
		const stranger = newIncarnation();
		const answer = await enroll(coordinator, stranger, token === undefined ? {} : { token });
		if (answer.ok) return t.fail(`${code}: it was let in`);
		t.is(answer.problem.code, code as typeof answer.problem.code);
		t.is(answer.status, status);
		const events = await eventsOf(coordinator, "enrollment-refused");
		t.is(events.length, before + 1, code);
		t.is<string | undefined, string | undefined>(events.at(-1)?.machineId, stranger.facts.smbios.uuid);
	}
	t.deepEqual(await coordinator.machines(), []);
	t.is(await refusals(coordinator), cases.length);

	const right = newIncarnation({ mac: "02:00:00:00:00:77" });
	t.true((await enroll(coordinator, right, { token: bound })).ok);
});

test("an enroll token opens nothing of the API", async (t) => {
	const coordinator = await startCoordinator(t);
	const token = await coordinator.enrollToken();
	for (const path of ["/v1/machines", "/v1/events", "/v1/tokens", "/v1/status", "/v1/cluster"]) {
		const response = await fetch(`${coordinator.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
		t.is(response.status, 403, path);
		t.is(((await response.json()) as { code: string }).code, "forbidden", path);
	}
	// Trying it there did not use it up.
	t.true((await enroll(coordinator, newIncarnation(), { token })).ok);
});

test("refusals that are recorded are bounded by the minute, while the metric counts every one", async (t) => {
	const coordinator = await startCoordinator(t);
	/** How many of 50 strangers were refused for their token: a coordinator that has too much to do turns some away before it looks at it. */
	const guess = async (from: string): Promise<number> => {
		const answers = await Promise.all(
			Array.from({ length: 50 }, () => enroll(coordinator, newIncarnation(), { token: "rct_guessed", from })),
		);
		const decided = answers.filter((answer) => answer.ok || answer.status !== 503);
		t.true(decided.every((answer) => !answer.ok && answer.problem.code === "token-unknown"));
		return decided.length;
	};
	const counted = () => metric(coordinator, "rollcall_enrollments_refused_total", { reason: "token-unknown" });
	let refused = 0;
	let host = 2;
	const events = await eventually("a refusal that is counted and not recorded", async () => {
		refused += await guess(`127.0.0.${host++}`);
		t.is(await counted(), refused);
		const recorded = await eventsOf(coordinator, "enrollment-refused");
		return recorded.length < refused ? recorded : undefined;
	});
	t.is(Math.max(...countedByMinute(events.map(({ at }) => at))), 100);

	// One address that goes on is not even heard any more, and does not keep others out.
	await eventually("an answer that there were too many", async () => {
		const more = await Promise.all(
			Array.from({ length: 150 }, () =>
				enroll(coordinator, newIncarnation(), { token: "rct_guessed", from: "127.0.0.2" }),
			),
		);
		return more.some((answer) => !answer.ok && answer.problem.code === "too-many-requests" && answer.status === 429);
	});
	await eventually("another machine to be let in", async () => {
		const answer = await enroll(coordinator, newIncarnation(), { token: await coordinator.enrollToken() });
		if (!answer.ok && answer.status !== 503) t.fail(answer.problem.message);
		return answer.ok;
	});
});

/** How many of these times, oldest first, are within a minute of the first one, of the first one behind that minute, and so on. */
function countedByMinute(times: readonly number[]): number[] {
	const [first] = times;
	if (first === undefined) return [];
	const within = times.filter((at) => at - first < 60_000).length;
	return [within, ...countedByMinute(times.slice(within))];
}

test("whoever revoked the last admin token by force gets a new one by removing the file and starting again", async (t) => {
	const coordinator = await startCoordinator(t);
	const list = async (one: TestCoordinator) => (await one.request("GET", "/v1/tokens")).status;
	t.is((await coordinator.request("DELETE", "/v1/tokens/admin")).status, 409);
	t.is((await coordinator.request("DELETE", "/v1/tokens/admin?force=true")).status, 200);
	t.is(await list(coordinator), 401);
	const same = await coordinator.restart();
	t.is(await list(same), 401, "the same file is the same token");
	const file = join(coordinator.dataFolder, "admin-token");
	const again = await same.restart({ between: () => rmSync(file) });
	const { body } = await again.request("GET", "/v1/tokens");
	const { tokens } = body as { tokens: { tokenId: string; state: string }[] };
	t.deepEqual(
		tokens.map(({ tokenId, state }) => `${tokenId} ${state}`),
		["admin-token usable", "admin revoked"],
	);
});
