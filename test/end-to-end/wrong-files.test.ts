import { execFileSync } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { eventually, withDeadline } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { writeAgentProgram } from "../support/boot.ts";
import { launchCoordinator, startCoordinator } from "../support/coordinator.ts";

/** What may stand where a file is to be. A pipe, which keeps who opens it waiting, is tried for each file, and one of the others. */
const PIPE = ["a pipe", (path: string) => void execFileSync("mkfifo", ["-m", "600", path])] as const;
const OTHERS = [
	["a folder", (path: string) => void mkdirSync(join(path, "inside"), { recursive: true })],
	["a link to nowhere", (path: string) => symlinkSync("/nowhere/at/all", path)],
	["nothing in it", (path: string) => writeFileSync(path, "", { mode: 0o600 })],
	["zeros", (path: string) => writeFileSync(path, Buffer.alloc(64), { mode: 0o600 })],
	[
		"a GiB without end",
		(path: string) => {
			writeFileSync(path, "", { mode: 0o600 });
			truncateSync(path, 2 ** 30);
		},
	],
] as const;

/** The test's own, what is written before it is read, and the store of nats-server, which reads that itself. */
const NOT_READ = /^(coordinator\.yaml|declared\.yaml|api\.json|nats\/jetstream\/)/;
/** What a coordinator leaves only where it was killed. */
const LEFT_WHEN_KILLED = ["lock", "lock.takeover", "log-mark.json.new", "nats/server.pid"];

const filesIn = (folder: string): string[] =>
	readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => !entry.isDirectory())
		.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
		.filter((name) => !NOT_READ.test(name))
		.sort();

type Boot = { readonly host: string; readonly port: number; readonly agent: string };

/** How a start goes on with such a file: "ready", or what it said last. */
async function started(t: ExecutionContext, folder: string, boot: Boot): Promise<string> {
	const running = launchCoordinator(t, { dataFolder: folder, natsPort: await freePort(), boot });
	const api = join(folder, "api.json");
	const ended = running.exited.then(({ code }) => `${code}: ${running.output().trim()}`);
	const ready = eventually(
		"it is ready",
		() => existsSync(api) && JSON.parse(readFileSync(api, "utf8")).boot && "ready",
	);
	const how = await Promise.race([ended, ready]).catch((error: Error) => `${error.message}: ${running.output()}`);
	// What is wrong is said, and nothing waits for it any more.
	await withDeadline("its end", running.end());
	return how === "ready" && (await ended)[0] !== "0" ? `ready, and then ${await ended}` : how;
}

test("whatever stands in place of a file of the data folder, a start is ready, or ends with one line that names it and the next step", async (t) => {
	const { file: agent } = writeAgentProgram(ownFolder(t));
	const boot = { host: "127.0.0.1", port: 0, agent };
	const first = await startCoordinator(t, { boot });
	await (await first.restart()).stop();
	const names = [...new Set([...filesIn(first.dataFolder), ...LEFT_WHEN_KILLED])];
	t.true(names.includes("assets/index.json") && names.includes("keys/authorities/trust.json"), names.join());
	for (const [index, name] of names.entries())
		for (const [what, put] of [PIPE, OTHERS[index % OTHERS.length] ?? PIPE]) {
			const folder = join(ownFolder(t), "data");
			cpSync(first.dataFolder, folder, { recursive: true });
			rmSync(join(folder, name), { force: true });
			put(join(folder, name));
			const how = await started(t, folder, boot);
			const last = how.split("\n").at(-1) ?? "";
			const isTold =
				/^(1: )?rollcall coordinator: .*; .*(restore|move|remove)/.test(last) &&
				last.includes(basename(name)) &&
				how.startsWith("1: ") &&
				!/\n\s+at /.test(how);
			t.true(how === "ready" || isTold, `${name}, ${what}: ${how.slice(-1500)}`);
		}
});
