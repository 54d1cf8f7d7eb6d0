import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type EnrollClaim, type EnrollRequest, enrolledText, enrollText, type Probe } from "@rollcall/protocol";
import { machineFacts } from "@rollcall/test-support/machine-facts";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { createEnroll } from "../src/adapters/enroll/enroll.ts";
import { createMemory } from "../src/adapters/files/memory.ts";
import { createLog, formatEntry } from "../src/adapters/journal/log.ts";
import { createReconnectRule } from "../src/adapters/nats/reconnect.ts";
import { createProber } from "../src/adapters/probes/prober.ts";
import { createUserKey, isSignedByOne, signWithSeed } from "../src/adapters/user-key.ts";
import { errorLine } from "../src/error-line.ts";
import { VERSION } from "../src/version.ts";
import { body, serve } from "./support/http-server.ts";
import { temporaryRoot } from "./support/machine.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, BOOT, MACHINE, PUBLIC_KEY } from "./support/targets.ts";

const OWN = createUserKey();
const FLEET = createUserKey();
const CLAIM: EnrollClaim = { publicKey: OWN.publicKey, facts: machineFacts({ bootId: BOOT }), token: "t" };
const BY = { seed: OWN.seed, signers: [FLEET.publicKey] };
const SAID = {
	machineId: MACHINE,
	jwt: "jwt",
	servers: ["nats://127.0.0.1:4222"],
	signers: [FLEET.publicKey],
	expiresInSeconds: 60,
};
/** What a coordinator whose fleet has this seed answers to a request. */
const replyTo = ({ nonce }: EnrollRequest, seed = FLEET.seed) => ({
	...SAID,
	signature: signWithSeed(seed, enrolledText(SAID, nonce)),
});
const signal = () => new AbortController().signal;

test("enroll: coordinators are asked in turn until one decides, and that one is asked first next time", async (t) => {
	const asked: string[] = [];
	const follower = await serve(t, (_, response) => {
		asked.push("follower");
		response.writeHead(503).end(JSON.stringify({ code: "not-leader", message: "ask the other one" }));
	});
	const leader = await serve(t, (request, response) => {
		asked.push(`leader ${request.url}`);
		void body(request).then((sent) => {
			const { nonce, signature, ...claim } = sent as EnrollRequest;
			t.deepEqual(claim as unknown, JSON.parse(JSON.stringify(CLAIM)));
			t.true(isSignedByOne([OWN.publicKey], enrollText(claim, nonce), signature));
			response.end(JSON.stringify(replyTo(sent as EnrollRequest)));
		});
	});
	const enroll = createEnroll(["http://127.0.0.1:1", follower.url, `${leader.url}/`]);
	t.like(await enroll(CLAIM, BY, signal()), { ok: true, reply: { machineId: "m-1" } });
	t.like(await enroll(CLAIM, BY, signal()), { ok: true });
	t.deepEqual(asked, ["follower", "leader /v1/enroll", "leader /v1/enroll"]);
});

test("enroll: a refusal carries the problem and is asked again slowly; what may pass is asked again soon", async (t) => {
	const refusing = await serve(t, (_, response) => {
		response
			.writeHead(409)
			.end(JSON.stringify({ code: "incarnation-fenced", message: "a newer boot", next: "reboot" }));
	});
	t.deepEqual(await createEnroll([refusing.url])(CLAIM, BY, signal()), {
		ok: false,
		wait: "long",
		problem: { code: "incarnation-fenced", message: "a newer boot", next: "reboot" },
	});
	const strange = await serve(t, (_, response) => void response.end("<html>"));
	t.like(await createEnroll([strange.url])(CLAIM, BY, signal()), { ok: false, wait: "short" });
	t.like(await createEnroll(["http://127.0.0.1:1"])(CLAIM, BY, signal()), {
		ok: false,
		wait: "short",
		problem: { code: "not-ready" },
	});
});

test("enroll: an answer that the fleet has not signed for this very request is none", async (t) => {
	const [stranger, replayed] = [createUserKey(), { nonce: "r".repeat(32) } as EnrollRequest];
	for (const answer of [
		(sent: EnrollRequest) => replyTo(sent, stranger.seed),
		() => replyTo(replayed),
		(sent: EnrollRequest) => ({ ...replyTo(sent), servers: ["nats://192.0.2.66:4222"] }),
		(sent: EnrollRequest) => ({ ...replyTo(sent), signature: "AA==" }),
	]) {
		const server = await serve(t, (request, response) => {
			void body(request).then((sent) => response.end(JSON.stringify(answer(sent as EnrollRequest))));
		});
		const outcome = await createEnroll([server.url])(CLAIM, BY, signal());
		t.like(outcome, { ok: false, wait: "long", problem: { code: "unauthorized" } });
	}
});

test("the agent's memory: 0600 in a closed folder; damaged files read as absent", (t) => {
	const folder = join(temporaryRoot(t), "state");
	const memory = createMemory(folder);
	memory.saveIdentity({ bootId: BOOT, seed: `SU${"A".repeat(56)}`, publicKey: PUBLIC_KEY });
	memory.saveNext(accepted(1, {}));
	memory.promote();
	t.is(statSync(folder).mode & 0o777, 0o700);
	for (const name of ["identity.json", "good.json"]) t.is(statSync(join(folder, name)).mode & 0o777, 0o600);
	t.is(createMemory(folder).good()?.target.generation, 1);
	t.is(memory.next(), undefined);
	writeFileSync(join(folder, "good.json"), "{");
	writeFileSync(join(folder, "identity.json"), '{"bootId":"x"}');
	t.is(memory.good(), undefined);
	t.is(memory.identity(), undefined);
	t.deepEqual(memory.ledger(), { files: [], folders: [], units: [] });
});

test("the log: one line per entry whatever is in it, with journald's priority in front where journald reads", (t) => {
	t.is(
		formatEntry(true, "warn", { message: "went\nback", fields: { a: 1, b: 'x "y"' } }),
		'<4>went\\u000aback a=1 b="x \\"y\\""\n',
	);
	fc.assert(
		fc.property(fc.string({ unit: codePoint }), fc.string({ unit: codePoint }), (message, value) => {
			const line = formatEntry(false, "info", { message, fields: { value } });
			t.notRegex(line.slice(0, -1), /[\p{Cc}\u2028\u2029]/u);
			t.true(line.endsWith("\n"));
		}),
	);
	t.is(
		formatEntry(false, "info", { message: "a\u202eb", fields: { value: "c\u034f\u{e0041}" } }),
		'info a\\u202eb value="c\\u034f\\u{e0041}"\n',
	);
	const lines: string[] = [];
	const log = createLog({ level: "warn", prefixed: false, write: (line) => lines.push(line) });
	log.info("left out");
	log.error("kept");
	t.deepEqual(lines, ["error kept\n"]);
});

test("an error that nobody caught becomes one line, without source", (t) => {
	const line = errorLine("rollcall-agent", new TypeError("x is\nnot a function"));
	t.regex(line, /^rollcall-agent: x is not a function(?: \(in .*\))?\n$/);
	t.notRegex(line, /file:/);
});

test("probes: http, tcp, unit and file, with reasons for a person", async (t) => {
	const root = temporaryRoot(t);
	const units = createScriptedUnits();
	const prober = createProber({ loopback: "127.0.0.1", root, plain: true }, units);
	const { port } = await serve(
		t,
		(request, response) => void response.writeHead(request.url === "/healthz" ? 200 : 500).end(),
	);
	const silent = createServer();
	await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
	t.teardown(() => void silent.close());
	const silentPort = (silent.address() as { port: number }).port;
	const base = { component: "c", deadlineSeconds: 1, intervalSeconds: 1, timeoutSeconds: 1 };
	const http = (path: string, at = port): Probe => ({ kind: "http", ...base, port: at, path, scheme: "https" });
	t.deepEqual(await prober.probe(http("/healthz")), { healthy: true });
	t.deepEqual(await prober.probe(http("/x")), { healthy: false, reason: `https://127.0.0.1:${port}/x answers 500` });
	t.like(await prober.probe(http("/", silentPort)), { healthy: false });
	t.deepEqual(await prober.probe({ kind: "tcp", ...base, port }), { healthy: true });
	t.like(await prober.probe({ kind: "tcp", ...base, port: 1 }), { healthy: false });
	t.deepEqual(await prober.probe({ kind: "unit", ...base, unit: "k.service" }), {
		healthy: false,
		reason: "k.service is inactive (dead)",
	});
	t.deepEqual(await prober.probe({ kind: "file", ...base, path: "/etc/x" }), {
		healthy: false,
		reason: "/etc/x is not there",
	});
	writeFileSync(join(root, "etc/x"), "");
	t.deepEqual(await prober.probe({ kind: "file", ...base, path: "/etc/x" }), { healthy: true });
});

test("reconnecting: the first connection is not held back, later ones spread out up to five seconds, for ever", (t) => {
	fc.assert(
		fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
			const { options, reset } = createReconnectRule(() => random);
			const server = { hostname: "a", port: 1 } as never;
			const delay = () => {
				const choice = options.reconnectToServer?.([server], null);
				return choice && "delay" in choice ? choice.delay : -1;
			};
			t.is(delay(), 0);
			reset();
			const delays = Array.from({ length: 8 }, delay);
			t.true((delays[0] ?? -1) <= 500);
			t.true(delays.slice(1).every((wait) => wait >= 500 && wait <= 5000));
			t.true(delays.slice(4).every((wait) => wait >= 2500));
		}),
	);
	t.is(createReconnectRule(Math.random).options.maxReconnectAttempts, -1);
});

test("the version is that of the package", (t) => {
	const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
	t.is(VERSION, version);
});
