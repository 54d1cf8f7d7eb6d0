import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { CoordinatorConfig } from "../../src/config.ts";
import { startCoordinator } from "../../src/wiring/start.ts";
import { elf } from "../doctor/scene.ts";

/** What keeps a process going, or goes on in it, by the names that Node has for them. */
const LASTING: ReadonlySet<string> = new Set([
	...["Timeout", "STATWATCHER", "FSEVENTWRAP", "PROCESSWRAP", "WORKER"],
	...["PIPEWRAP", "PIPESERVERWRAP", "TCPWRAP", "TCPSERVERWRAP"],
]);

/** What `begin` begins, and what that begins later, as far as it lasts. */
function watched(t: ExecutionContext) {
	const lasting = new Map<number, string>();
	const within = new AsyncLocalStorage<true>();
	const hook = createHook({
		init: (id, type) => void (within.getStore() && LASTING.has(type) && lasting.set(id, type)),
		destroy: (id) => void lasting.delete(id),
	}).enable();
	t.teardown(() => hook.disable());
	return {
		run: <T>(begin: () => Promise<T>): Promise<T> => within.run(true, begin),
		left: () => [...lasting.values()].sort(),
	};
}

/** A port that somebody else has. */
async function takenPort(t: ExecutionContext): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	t.teardown(() => server.close());
	await once(server, "listening");
	return (server.address() as { port: number }).port;
}

const BOOT = { host: "127.0.0.1", port: 0 };
const RIGHTS = [{ field: "O", value: "operators", scope: "viewer" }];

/** What a start can fail of, from early to late, and what it then says. */
const FAULTS: Readonly<Record<string, readonly [(taken: number, agent: string) => object, RegExp]>> = {
	"no authorities of TPMs": [() => ({ tpm: { authorities: "/not/there" } }), /^tpm\.authorities/],
	"no authorities of operators": [
		() => ({ tls: { clientAuthorities: { file: "/not/there", rights: RIGHTS } } }),
		/^tls\.clientAuthorities/,
	],
	"no key that signs next": [() => ({ nextSigningSeedFile: "/not/there" }), /nextSigningSeedFile/],
	"no key of boots": [() => ({ boot: { ...BOOT, keyFile: "/not/there" } }), /boot\.keyFile/],
	"the API's port is taken": [(port) => ({ http: { port } }), /^the API cannot listen/],
	"no agent": [() => ({ boot: { ...BOOT, agent: "/not/there" } }), /^boot\.agent/],
	"the boot listener's port is taken": [
		(port, agent) => ({ boot: { ...BOOT, port, agent } }),
		/^the boot listener cannot listen/,
	],
};

for (const [fault, [settings, reason]] of Object.entries(FAULTS)) {
	test.serial(`a start that fails leaves nothing that goes on: ${fault}`, async (t) => {
		const folder = ownFolder(t);
		const ram = mkdtempSync("/dev/shm/rollcall-test-");
		t.teardown(() => rmSync(ram, { recursive: true, force: true }));
		const key = join(folder, "sealing.key");
		writeFileSync(key, Buffer.alloc(32, 7).toString("base64"), { mode: 0o600 });
		// The repository's own would be compressed first, for seconds.
		const agent = join(folder, "agent");
		writeFileSync(agent, elf("x64"), { mode: 0o755 });
		const config = CoordinatorConfig.parse({
			...{ dataFolder: join(folder, "data"), http: { port: 0 }, nats: { embedded: { port: 0 } } },
			...{ secrets: { key: { file: key } }, ...settings(await takenPort(t), agent) },
		});
		const environment = { ...process.env, RUNTIME_DIRECTORY: ram };
		const { run, left } = watched(t);
		const start = { environment, signal: new AbortController().signal };
		await t.throwsAsync(
			run(() => startCoordinator(config, pino({ level: "silent" }), start)),
			{ message: reason },
		);
		await eventually("nothing is left", () => left().length === 0, 10_000).catch(() => t.deepEqual(left(), []));
		t.deepEqual(readdirSync(ram), []);
	});
}
