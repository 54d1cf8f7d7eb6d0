import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createUser } from "@nats-io/nkeys";
import { eventually } from "@rollcall/test-support/eventually";
import { oneFile } from "@rollcall/test-support/one-file";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { type Running, run } from "@rollcall/test-support/running";
import test, { type ExecutionContext } from "ava";
import { BOOT } from "./support/targets.ts";

const AGENT = await oneFile(join(import.meta.dirname, "../src/main.ts"));

/** What may stand where the agent keeps a file, or was given one. */
const WRONG: Readonly<Record<string, (path: string) => void>> = {
	"a pipe": (path) => void execFileSync("mkfifo", ["-m", "600", path]),
	"a folder": (path) => void mkdirSync(join(path, "inside"), { recursive: true }),
	"a link to nowhere": (path) => symlinkSync("/nowhere/at/all", path),
	"nothing in it": (path) => writeFileSync(path, ""),
	zeros: (path) => writeFileSync(path, Buffer.alloc(64)),
	"a GiB without end": (path) => {
		writeFileSync(path, "");
		truncateSync(path, 2 ** 30);
	},
};
const STATE = "run/rollcall/state";
const KEPT = ["identity", "ledger", "next", "good", "credentials", "etcd", "pod-network", "system-share"];
const PLACES = [
	...["run/rollcall/lock", `${STATE}/lock`, "token"],
	...KEPT.map((name) => `${STATE}/${name}.json`),
	...["identity", "ledger"].map((name) => `${STATE}/.${name}.json.fresh`),
	`${STATE}/system-share.json.fresh`,
];

/** A real agent below a folder of its own, which finds no coordinator. */
function start(t: ExecutionContext, root: string): Running {
	mkdirSync(join(root, "proc/sys/kernel/random"), { recursive: true });
	writeFileSync(join(root, "proc/sys/kernel/random/boot_id"), `${BOOT}\n`);
	const config = {
		...{ coordinators: ["http://127.0.0.1:1"], signers: [createUser().getPublicKey()] },
		...{ root, tokenFile: join(root, "token") },
		rehearsal: { loopback: "127.0.0.1", socket: join(root, "none"), interfaces: [] },
	};
	writeFileSync(join(root, "agent.json"), JSON.stringify(config));
	const started = run(process.execPath, [AGENT, "run", "--config", join(root, "agent.json")]);
	t.teardown(() => started.end("SIGKILL"));
	return started;
}

const asks = (agent: Running): boolean => agent.output().includes("not enrolled yet");

for (const [what, put] of Object.entries(WRONG))
	test.serial(`an agent that finds ${what} in place of its files looks for its coordinator`, async (t) => {
		const root = ownFolder(t);
		for (const place of PLACES) {
			mkdirSync(dirname(join(root, place)), { recursive: true });
			put(join(root, place));
		}
		const agent = start(t, root);
		await eventually(`it asks to enroll: ${agent.output()}`, () => asks(agent) || agent.child.exitCode !== null);
		t.true(asks(agent), agent.output());
		t.notRegex(agent.output(), /\n\s+at /);
		await agent.end();
	});

test.serial("an agent that stands still keeps its machine, and one that was killed so does not", async (t) => {
	const root = ownFolder(t);
	const first = start(t, root);
	await eventually("it runs", () => asks(first));
	first.child.kill("SIGSTOP");
	const second = start(t, root);
	t.is((await second.exited).code, 1);
	const text = `another agent, process ${first.child.pid}, runs on this machine and has ${root}/run/rollcall: stop that one first`;
	t.true(second.output().includes(text), second.output());
	await first.end("SIGKILL");
	const third = start(t, root);
	await eventually("it runs", () => asks(third));
	await third.end();
});

const OTHERS: Readonly<Record<string, string>> = {
	"a living process that began at another time": `${process.pid} 1`,
	"a living process, and no time": `${process.pid}`,
	"no process": "0 0",
};
for (const [whom, lock] of Object.entries(OTHERS))
	test.serial(`a lock that names ${whom} is nobody's`, async (t) => {
		const root = ownFolder(t);
		mkdirSync(join(root, STATE), { recursive: true });
		for (const place of ["run/rollcall/lock", `${STATE}/lock`]) {
			rmSync(join(root, place), { force: true });
			symlinkSync(lock, join(root, place));
		}
		const agent = start(t, root);
		await eventually("it runs", () => asks(agent));
		await agent.end();
		t.pass();
	});
