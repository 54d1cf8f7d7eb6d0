import { MachineId, Problem } from "@rollcall/protocol";
import { withDeadline } from "@rollcall/test-support/eventually";
import fc from "@rollcall/test-support/properties";
import test, { type ExecutionContext } from "ava";
import { type Bystander, startBystander } from "../../support/calm.ts";
import { startCoordinator, type TestCoordinator } from "../../support/coordinator.ts";
import { documentText, smallRole } from "../../support/documents.ts";
import { createGate } from "../../support/gate.ts";
import { enroll, newIncarnation } from "../../support/incarnation.ts";
import { metric } from "../../support/metrics.ts";
import { rawConnection } from "../../support/raw-connection.ts";

const enter = createGate(2);
const DOCUMENT = documentText({
	slots: [{ name: "w", role: "small", count: "rest" }],
	roles: { small: smallRole("one") },
});

async function startScene(t: ExecutionContext): Promise<{ coordinator: TestCoordinator; bystander: Bystander }> {
	t.teardown(await enter());
	const coordinator = await startCoordinator(t, { document: DOCUMENT });
	return { coordinator, bystander: await startBystander(t, coordinator) };
}

/** Sends bytes over a connection of its own and gives back all that comes until the other end closes it. */
function send(url: string, bytes: Uint8Array): Promise<string> {
	return withDeadline(
		"the coordinator to close a connection that is no HTTP",
		new Promise((resolve) => {
			let got = "";
			const socket = rawConnection(url);
			socket.setEncoding("utf8").on("data", (text: string) => {
				got += text;
			});
			socket.once("error", () => {}); // it may be cut off while we still write
			socket.once("close", () => resolve(got));
			socket.end(bytes);
		}),
	);
}

test("bytes that are no HTTP are answered with a problem or not at all, and the connection is closed", async (t) => {
	const { coordinator, bystander } = await startScene(t);
	const head = "POST /v1/enroll HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";
	const known = [
		"\u0000\u0001\u0002\r\n\r\n",
		"GET /healthz HTTP/9.9\r\n\r\n",
		"GET  HTTP/1.1\r\n\r\n",
		`GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`,
		`${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/machines HTTP/1.1\r\n\r\n`,
		`${head}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef`,
		`${head}content-length: -1\r\n\r\n`,
		`${head}transfer-encoding: chunked\r\n\r\nzz\r\n`,
		`${head}content-length: 1000\r\n\r\n{"token":`,
	].map((text) => new TextEncoder().encode(text));
	await fc.assert(
		fc.asyncProperty(fc.oneof(fc.constantFrom(...known), fc.uint8Array({ maxLength: 300 })), async (bytes) => {
			const answer = await send(coordinator.url, bytes);
			if (answer === "") return;
			t.regex(answer, /^HTTP\/1\.1 4\d\d /);
			t.is(Problem.parse(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).code.startsWith("internal"), false);
		}),
		{ numRuns: 150, examples: known.map((bytes) => [bytes]) },
	);
	await bystander.assertCalm();
});

test("enrollments with tokens that nobody made are refused and counted, and only so many are recorded", async (t) => {
	const { coordinator, bystander } = await startScene(t);
	const [storm, before] = [400, await metric(coordinator, "rollcall_enrollments_refused_total")];
	for (let round = 0; round < storm; round += 20)
		await Promise.all(
			Array.from({ length: 20 }, async (_, index) => {
				const from = `127.8.${(round + index) >> 7}.${((round + index) & 127) + 1}`;
				const answer = await enroll(coordinator, newIncarnation(), { token: `rct_${"a".repeat(43)}`, from });
				t.is(answer.ok ? "let in" : answer.problem.code, "token-unknown");
			}),
		);
	t.is((await metric(coordinator, "rollcall_enrollments_refused_total")) - before, storm);
	const recorded = await bystander.assertCalm(["enrollment-refused"]);
	t.true(recorded.length > 0 && recorded.length <= 200, `${recorded.length} recorded`);
	t.is((await coordinator.machines()).length, 1);
});

test("what is asked twice, at once or again later happens once, and what was meant for another boot does not happen", async (t) => {
	const { coordinator, bystander } = await startScene(t);
	const machine = `/v1/machines/${bystander.machineId}`;
	const label = (rack: string) => coordinator.call("POST", `${machine}/labels`, { labels: { rack } });
	await Promise.all(Array.from({ length: 20 }, () => label("r1")));
	await Promise.all(Array.from({ length: 20 }, () => coordinator.call("POST", `${machine}/approve`, {})));
	await Promise.all(Array.from({ length: 5 }, () => coordinator.call("PUT", "/v1/cluster", { text: DOCUMENT })));
	const { view } = await coordinator.call<{ view: { tokenId: string } }>("POST", "/v1/tokens", { scope: "read" });
	const revoke = () => coordinator.request("DELETE", `/v1/tokens/${view.tokenId}`);
	for (const { status } of await Promise.all(Array.from({ length: 20 }, revoke))) t.true(status < 300, `${status}`);
	await label("r1");

	const other = "0e6f0a52-0000-4a57-9d3e-30b0f0c8a911";
	for (const command of [{ kind: "ping" }, { kind: "logs" }, { kind: "reboot" }, { kind: "reset" }]) {
		const { status, body } = await coordinator.request("POST", `${machine}/commands`, { ...command, bootId: other });
		t.is(status, 409);
		t.is(Problem.parse(body).code, "incarnation-fenced", command.kind);
	}
	const nobody = MachineId.parse("nobody");
	for (const [method, path, body] of [
		["POST", "approve", {}],
		["POST", "reject", { reason: "not ours" }],
		["POST", "role", { role: "small" }],
		["POST", "commands", { kind: "reboot" }],
		["DELETE", "", undefined],
	] as const) {
		const answer = await coordinator.request(method, `/v1/machines/${nobody}${path && `/${path}`}`, body);
		t.is(Problem.parse(answer.body).code, "unknown-machine", path);
	}
	// A rule had let it in; that a person did is news, once.
	const once = ["machine-approved", "machine-labelled", "token-created", "token-revoked"] as const;
	const news = await bystander.assertCalm([...once, "change-made"]);
	// Beside each of them stands who made the change.
	t.deepEqual(news.flatMap(({ type }) => (type === "change-made" ? [] : [type])).sort(), [...once]);
});
