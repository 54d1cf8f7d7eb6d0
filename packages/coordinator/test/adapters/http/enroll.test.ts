import { EnrollReply, type EnrollRequest, enrolledText, type MachineId, sha256Of } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import type { Answer } from "../../../src/domain/inputs.ts";
import { BOOT, DIGEST, FACTS, KEY, SIGNER, TOKENS } from "./fixed-core.ts";
import { raw } from "./raw-connection.ts";
import { type TestApi, testApi } from "./setup.ts";

const ENROLLED = { kind: "enrolled", machineId: "m-alpha", bootId: BOOT, publicKey: KEY } as Answer;
const SIGNED = { nonce: "n".repeat(32), signature: "mine" };
const REQUEST = { token: TOKENS.enroll, publicKey: KEY, facts: FACTS, ...SIGNED };
const proof = (signature: string): EnrollRequest["proof"] => ({
	assignment: {
		machineId: "m-alpha" as never,
		bootId: BOOT,
		publicKey: KEY,
		labels: {},
		cluster: "lab",
		slot: "workers",
		seat: 0,
		role: "worker",
		nodeName: "worker-0",
		pinned: false,
		generation: 1,
		digest: DIGEST,
	},
	signer: "ASIGNER",
	signature,
});
const enroll = ({ app }: TestApi, payload: object, remoteAddress = "192.0.2.7") =>
	app.inject({ method: "POST", url: "/v1/enroll", payload, remoteAddress });

test("an enrollment gives a credential for the incarnation that the core names", async (t) => {
	const api = testApi(t);
	api.core.answer = () => ENROLLED;
	const response = await enroll(api, REQUEST);
	const said = {
		machineId: "m-alpha" as MachineId,
		jwt: "jwt-of-m-alpha",
		servers: ["nats://127.0.0.1:4222"],
		signers: [SIGNER],
		expiresInSeconds: 60,
	};
	const signature = `signed ${sha256Of(enrolledText(said, SIGNED.nonce))}`;
	t.deepEqual(EnrollReply.parse(response.json()), { ...said, signature });
	t.is(response.headers["cache-control"], "no-store");
});

test("an enrollment that is not signed with the key that it names changes nothing", async (t) => {
	const api = testApi(t);
	const response = await enroll(api, { ...REQUEST, signature: "somebody else's" });
	t.is(response.statusCode, 401);
	t.is(response.json().code, "unauthorized");
	t.deepEqual(api.core.inputs, []);
});

test("the token goes no further than its hash", async (t) => {
	const api = testApi(t);
	api.core.answer = () => ENROLLED;
	await enroll(api, REQUEST);
	t.like(api.core.inputs[0], {
		kind: "enroll",
		tokenHash: sha256Of(TOKENS.enroll),
		proofValid: false,
		remote: "192.0.2.7",
	});
	t.notRegex(JSON.stringify(api.core.inputs), new RegExp(TOKENS.enroll));
	t.notRegex(api.logged(), new RegExp(TOKENS.enroll));
});

test("the core hears whether a proof is the fleet's own", async (t) => {
	const api = testApi(t);
	api.core.answer = () => ENROLLED;
	await enroll(api, { publicKey: KEY, facts: FACTS, proof: proof("good"), ...SIGNED });
	await enroll(api, { publicKey: KEY, facts: FACTS, proof: proof("forged"), ...SIGNED });
	t.deepEqual(
		api.core.inputs.map((input) => input.kind === "enroll" && [input.proofValid, "tokenHash" in input]),
		[
			[true, false],
			[false, false],
		],
	);
});

test("fifty enrollments at once with one token all reach the core, which decides", async (t) => {
	const api = testApi(t);
	let used = false;
	api.core.answer = () => {
		if (used) return { kind: "problem", problem: { code: "token-used", message: "used" } };
		used = true;
		return ENROLLED;
	};
	const answers = await Promise.all(Array.from({ length: 50 }, () => enroll(api, REQUEST)));
	t.is(api.core.inputs.length, 50);
	t.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, ...Array(49).fill(403)]);
	t.regex(await api.metrics.text(), /rollcall_enrollments_refused_total\{reason="token-used"\} 49/);
});

test("a refused address has to wait; another one does not", async (t) => {
	const api = testApi(t, { limits: { refusals: { burst: 2, perSecond: 1 } } });
	api.core.answer = () => ({ kind: "problem", problem: { code: "token-unknown", message: "no" } });
	const bad = { ...REQUEST, token: "made-up" };
	t.is((await enroll(api, bad)).statusCode, 403);
	t.is((await enroll(api, bad)).statusCode, 403);
	t.is((await enroll(api, bad)).statusCode, 429);
	t.is(api.core.inputs.length, 2);
	t.is((await enroll(api, bad, "192.0.2.8")).statusCode, 403);
});

test("who has a good token, or a proof of his own key, does not wait for what others behind his address did wrong", async (t) => {
	const api = testApi(t, { limits: { refusals: { burst: 2, perSecond: 0.001 } } });
	api.core.answer = () => ({ kind: "problem", problem: { code: "token-unknown", message: "no" } });
	const bad = { ...REQUEST, token: "made-up" };
	for (const status of [403, 403, 429, 429]) t.is((await enroll(api, bad)).statusCode, status);
	const { length } = api.core.inputs;
	api.core.answer = () => ENROLLED;
	t.is((await enroll(api, REQUEST)).statusCode, 200);
	t.is((await enroll(api, { publicKey: KEY, facts: FACTS, proof: proof("good"), ...SIGNED })).statusCode, 200);
	t.is((await enroll(api, { publicKey: KEY, facts: FACTS, proof: proof("forged"), ...SIGNED })).statusCode, 429);
	t.is((await enroll(api, { publicKey: KEY, facts: FACTS, ...SIGNED })).statusCode, 429);
	t.is((await enroll(api, bad)).statusCode, 429);
	t.is(api.core.inputs.length, length + 2);
});

test("a boot that has to wait for the one before is not counted as refused", async (t) => {
	const api = testApi(t, { limits: { refusals: { burst: 2, perSecond: 0.001 } } });
	api.core.answer = () => ({ kind: "problem", problem: { code: "boot-waits", message: "it waits" } });
	for (let tries = 0; tries < 5; tries++) t.is((await enroll(api, REQUEST)).statusCode, 503);
});

test("a body above 64 KiB is refused before it is read", async (t) => {
	const api = testApi(t);
	const response = await enroll(api, { ...REQUEST, padding: "x".repeat(65_536) });
	t.is(response.statusCode, 413);
	t.is(response.json().code, "too-large");
	t.deepEqual(api.core.inputs, []);
});

test("a credential that cannot be issued is worth another try, and tells nothing of the fault", async (t) => {
	const api = testApi(t, {
		deps: {
			credentials: {
				signers: [],
				signText: () => "",
				isBy: () => true,
				servers: ["nats://127.0.0.1:4222"],
				issue: async () => {
					throw new Error("the seed SUCANARY is not readable");
				},
				revoke: async () => {},
				sign: () => {
					throw new Error("not here");
				},
				verify: () => false,
			},
		},
	});
	api.core.answer = () => ENROLLED;
	const response = await enroll(api, REQUEST);
	t.is(response.statusCode, 503);
	t.notRegex(response.body, /CANARY/);
});

test("a fenced incarnation is told so", async (t) => {
	const api = testApi(t);
	api.core.answer = () => ({ kind: "fenced", reason: "a newer boot is live" });
	const response = await enroll(api, REQUEST);
	t.is(response.statusCode, 409);
	t.is(response.json().code, "incarnation-fenced");
});

test("who would wait longer than he has patience is turned away at once, before his signature is looked at, and told when to come back", async (t) => {
	let waiting = 0;
	const held = Promise.withResolvers<Answer>();
	const api = testApi(t, { limits: { joining: { patienceMs: 20, atLeast: 2 } } });
	api.core.answer = () => {
		waiting++;
		return held.promise;
	};
	const first = [enroll(api, REQUEST), enroll(api, REQUEST)];
	await eventually("two enrollments in the core", () => waiting === 2);
	const unsigned = { ...REQUEST, signature: "somebody else's" };
	const others = await Promise.all(Array.from({ length: 50 }, () => enroll(api, unsigned)));
	for (const { statusCode, headers } of others) {
		t.is(statusCode, 503);
		t.regex(String(headers["retry-after"]), /^([1-9]|[12][0-9]|30)$/);
	}
	t.is(others[0]?.json().code, "not-ready");
	t.is(api.core.inputs.length, 2);
	t.regex(await api.metrics.text(), /rollcall_enrollments_refused_total\{reason="not-ready"\} 50/);
	held.resolve(ENROLLED);
	for (const { statusCode } of await Promise.all(first)) t.is(statusCode, 200);
	// Nobody is held against the address of those who came too early, and there is room again.
	t.is((await enroll(api, REQUEST)).statusCode, 200);
});

test("a request for whose answer nobody waits is over, and gets no credential", async (t) => {
	const held = Promise.withResolvers<Answer>();
	const issued: string[] = [];
	const api = testApi(t, { deps: { failpoint: (name) => void issued.push(name) } });
	api.core.answer = () => held.promise;
	const url = await api.app.listen({ host: "127.0.0.1", port: 0 });
	const { socket } = raw(t, url);
	const body = JSON.stringify(REQUEST);
	socket.write(
		`POST /v1/enroll HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
	);
	await eventually("the enrollment in the core", () => api.core.inputs.length === 1);
	t.false(api.core.isOver?.());
	socket.destroy();
	await eventually("the end of the connection", () => api.core.isOver?.());
	held.resolve(ENROLLED);
	await eventually("the end of the request", async () =>
		/refused_total\{reason="not-ready"\} 1/.test(await api.metrics.text()),
	);
	t.deepEqual(issued, []);
});
