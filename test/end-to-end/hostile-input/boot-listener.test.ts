import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import fc from "@rollcall/test-support/properties";
import test, { type ExecutionContext } from "ava";
import { askFrom, type WireAnswer } from "../../support/ask-from.ts";
import { ask, bootDocument, ignitionUrl, writeAgentProgram } from "../../support/boot.ts";
import { type Bystander, startBystander } from "../../support/calm.ts";
import { startCoordinator, type TestCoordinator } from "../../support/coordinator.ts";
import { documentText, smallRole } from "../../support/documents.ts";
import { createGate } from "../../support/gate.ts";

const enter = createGate(2);
/** Every route of the listener; see docs/boot.md. */
const ROUTES = [
	"/",
	"/boot.ipxe",
	"/boot.ipxe.0",
	"/ipxe",
	"/ignition",
	"/cloud-init/user-data",
	"/cloud-init/meta-data",
	"/cloud-init/vendor-data",
	"/cloud-init/network-config",
	"/cloud-init/os=x/user-data",
	"/alpine/overlay.apkovl.tar.gz",
	"/metadata",
	"/assets/",
	"/assets/lab/vmlinuz",
];
const DOCUMENT = documentText({
	slots: [{ name: "w", role: "small", count: "rest" }],
	roles: { small: smallRole("one") },
});
/** What the listener records of boots that it sees. */
const SEEN = ["boot-refused", "boot-stuck", "machine-booted"] as const;

interface Scene {
	readonly coordinator: TestCoordinator;
	readonly bystander: Bystander;
	get(path: string, more?: { method?: string; headers?: Record<string, string>; body?: string }): Promise<WireAnswer>;
	/** A place of Ignition's configuration with a good token, as the boot script of this machine names it. */
	ignition(mac: string): Promise<URL>;
}

async function startScene(t: ExecutionContext): Promise<Scene> {
	t.teardown(await enter());
	const folder = ownFolder(t);
	const document = join(folder, "boot.yaml");
	writeFileSync(document, bootDocument("lab"));
	const boot = { port: 0, document, agent: writeAgentProgram(folder).file };
	const coordinator = await startCoordinator(t, { document: DOCUMENT, boot });
	const bystander = await startBystander(t, coordinator);
	return {
		coordinator,
		bystander,
		get: (path, more = {}) => askFrom(coordinator.bootUrl, { path, ...more }),
		ignition: async (mac) => new URL(ignitionUrl((await ask(`${coordinator.bootUrl}/ipxe?mac=${mac}`)).text)),
	};
}

const SECRETS = /rct_|BEGIN |S[OAU][A-Z2-7]{56}/;
const word = fc.oneof(
	fc.string({ maxLength: 40 }),
	fc.constantFrom(
		"mac",
		"uuid",
		"token",
		"menu",
		"arch",
		"52:54:00:a1:9c:01",
		"$" + "{net0/mac}",
		"\r\nboot",
		"a".repeat(5_000),
	),
	fc.constantFrom("__proto__", "constructor", "../../keys/account.nk", "\u0000", "%%", "#!ipxe", "}}", "{{token}}"),
);
const query = fc
	.array(fc.tuple(word, word), { maxLength: 6 })
	.map((pairs) =>
		pairs
			.map((pair) => pair.map((text) => encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, "x"))).join("="))
			.join("&"),
	);

test("whatever is asked of the boot listener, by whatever method, it says no secret and makes nothing happen", async (t) => {
	const { bystander, get } = await startScene(t);
	const method = fc.constantFrom("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH");
	const agent = fc.constantFrom("iPXE/1.21.1", "Ignition/2.14", "curl");
	for (const route of ROUTES)
		await fc.assert(
			fc.asyncProperty(method, query, agent, async (verb, asked, who) => {
				const headers = { "user-agent": who };
				const answer = await get(`${route}?${asked}`, {
					method: verb,
					headers,
					...(verb === "POST" ? { body: asked } : {}),
				});
				t.true(answer.status < 500, `${verb} ${route}?${asked}: ${answer.status} ${answer.text}`);
				t.notRegex(answer.text, SECRETS);
			}),
			{ numRuns: 40 },
		);
	await bystander.assertCalm(SEEN);
});

test("only the token of a boot, and only for its machine, gets a configuration; every other one is refused and makes no token", async (t) => {
	const { bystander, get, ignition } = await startScene(t);
	const url = await ignition("52-54-00-a1-9c-01");
	const good = url.searchParams.get("token") ?? "";
	const wrong = fc.oneof(
		fc.string({ minLength: 1, maxLength: 300 }),
		fc
			.integer({ min: 0, max: good.length - 1 })
			.map((at) => good.slice(0, at) + (good[at] === "A" ? "B" : "A") + good.slice(at + 1)),
		fc.integer({ min: 1, max: good.length - 1 }).map((at) => good.slice(0, at)),
		fc.constantFrom(`${good}A`, `${good}.`, `.${good}`, good.split(".").reverse().join("."), "a.b", "..", "null"),
	);
	const path = (token: string, mac = url.searchParams.get("mac") ?? "") =>
		`${url.pathname}?${new URLSearchParams({ ...Object.fromEntries(url.searchParams), token, mac })}`;
	await fc.assert(
		fc.asyncProperty(
			wrong.filter((token) => token !== good),
			async (token) => {
				const answer = await get(path(token));
				t.true(answer.status === 403 || answer.status === 400, `${answer.status} ${answer.text}`);
				t.notRegex(answer.text, SECRETS);
			},
		),
		{ numRuns: 150 },
	);
	t.is((await get(path(good, "52:54:00:a1:9c:02"))).status, 403);
	await bystander.assertCalm(SEEN);
	t.is((await get(path(good))).status, 200);
	t.is((await get(path(good))).status, 200);
	await bystander.assertCalm(SEEN);
});

test("no name and no range of an asset leads to anything but its own bytes", async (t) => {
	const { coordinator, bystander, get, ignition } = await startScene(t);
	const config = await get((await ignition("52-54-00-a1-9c-03")).href.slice(coordinator.bootUrl.length));
	const [, asset = ""] = /"source":"https?:\/\/[^/"]+(\/assets\/[^"]+)"/.exec(config.text) ?? [];
	const whole = await get(asset);
	t.is(whole.status, 200, asset);
	const size = Number(whole.headers["content-length"]);
	const step = fc.constantFrom(
		"..",
		"%2e%2e",
		".",
		"",
		"keys",
		"account.nk",
		"nats",
		"etc",
		"passwd",
		"%00",
		"%2f",
		"\\..",
		"index.json",
	);
	const name = fc.array(step, { minLength: 1, maxLength: 8 }).map((steps) => `/assets/${steps.join("/")}`);
	await fc.assert(
		fc.asyncProperty(name, async (path) => {
			const answer = await get(path);
			t.true(answer.status === 404 || answer.status === 400, `${path}: ${answer.status}`);
		}),
		{ numRuns: 150 },
	);
	const number = fc.oneof(
		fc.integer({ min: -5, max: size + 5 }).map(String),
		fc.constantFrom("", "a", "1e3", "99999999999999999999"),
	);
	const range = fc.oneof(
		fc.tuple(number, number).map(([from, to]) => `bytes=${from}-${to}`),
		fc.constantFrom("bytes=0-1,2-3", "lines=1-2", "bytes=", "bytes=--1", "=", "bytes=0-0,".repeat(500)),
	);
	await fc.assert(
		fc.asyncProperty(range, async (wanted) => {
			const answer = await get(asset, { headers: { range: wanted } });
			t.true([200, 206, 416].includes(answer.status), `${wanted}: ${answer.status}`);
			const said = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(String(answer.headers["content-range"]));
			if (answer.status === 206) {
				const [from = -1, to = -1, all] = said?.slice(1).map(Number) ?? [];
				t.true(from >= 0 && from <= to && to < size && all === size, `${wanted}: ${answer.headers["content-range"]}`);
				t.is(Number(answer.headers["content-length"]), to - from + 1);
			}
		}),
		{ numRuns: 150 },
	);
	await bystander.assertCalm([...SEEN, "token-created", "change-made"]);
});
