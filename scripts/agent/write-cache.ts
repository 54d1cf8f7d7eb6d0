import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { startRehearsedFleet } from "./rehearsed-fleet.ts";

/** Longer than a start takes on any computer that builds something. */
const DEADLINE_MS = 120_000;
/** So often at most is the agent run until two runs came along the same functions. */
const MOST_RUNS = 9;

/**
 * Writes V8's cache of those functions of the agent's bundle that a start runs until the agent has a role and its files: to read one of all functions
 * takes longer. `node` is the executable that will read it. Equal inputs give equal bytes: the seed is fixed, and as a busy computer may lead a run along
 * a function more, the first cache counts that came out twice. Throws with the agent's own words when it does not come so far.
 */
export async function writeCache(node: string, bundle: string, cache: string, work: string): Promise<void> {
	const seen = new Set<string>();
	for (let runs = 0; runs < MOST_RUNS; runs++) {
		await runOnce(node, bundle, cache, work);
		const text = await readFile(cache, "base64");
		if (seen.has(text)) return await assertTaken(node, bundle, cache);
		seen.add(text);
	}
	throw new Error(`no code cache: ${MOST_RUNS} starts of the agent were all different`);
}

/** A cache that does not fit is passed over in silence when the agent starts. */
async function assertTaken(node: string, bundle: string, cache: string): Promise<void> {
	const program = `
		const [source, cachedData] = process.argv.slice(1).map((path) => require("node:fs").readFileSync(path));
		const script = new (require("node:vm").Script)(source.latin1Slice(), { filename: "agent.cjs", cachedData });
		if (script.cachedDataRejected) throw new Error("V8 does not take the code cache");`;
	await promisify(execFile)(node, ["-e", program, bundle, cache]);
}

async function runOnce(node: string, bundle: string, cache: string, work: string): Promise<void> {
	// A machine's root is RAM, where nothing is synced.
	const root = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : work, "rollcall-start-"));
	const fleet = await startRehearsedFleet(root);
	const program = join(import.meta.dirname, "code-cache.cjs");
	const agent = spawn(node, ["--random-seed=1", program, bundle, cache, fleet.config], {
		env: {},
		stdio: ["pipe", "ignore", "pipe"],
	});
	let said = "";
	agent.stderr.on("data", (text) => {
		said += text;
	});
	const ended = new Promise<number | null>((resolve, reject) => {
		agent.once("error", reject);
		agent.once("close", resolve);
	});
	const late = sleep(DEADLINE_MS, undefined, { ref: false });
	try {
		await Promise.race([fleet.applied, ended, late]);
		// It ends, and writes the cache, when the pipe does.
		agent.stdin.end();
		if ((await Promise.race([ended, late])) !== 0)
			throw new Error(`no code cache, since the agent did not come to a role:\n${said}`);
	} finally {
		agent.kill("SIGKILL");
		fleet.end();
		await rm(root, { recursive: true, force: true });
	}
}
