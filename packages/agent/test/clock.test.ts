import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { run } from "@rollcall/test-support/running";
import test from "ava";
import { lockFolder } from "../src/adapters/files/state-lock.ts";
import { createServerTrust } from "../src/adapters/server-trust.ts";
import { createClock, systemClock } from "../src/adapters/system-clock.ts";
import { openBootIdentity } from "../src/loop/boot-identity.ts";
import { setUp } from "./support/certified.ts";
import { BOOT, MACHINE, PUBLIC_KEY } from "./support/targets.ts";

test("the time since the boot counts the time that the machine was suspended, and never goes back", (t) => {
	let [monotonic, uptime] = [10_000, 10_003];
	const clock = createClock({ monotonic: () => monotonic, uptime: () => uptime });
	t.is(clock.sinceBoot(), 10_003);
	monotonic += 1_000;
	uptime += 1_000;
	t.is(clock.sinceBoot(), 11_003);
	// Eight hours with a closed lid.
	monotonic += 300;
	uptime += 300 + 8 * 3_600_000;
	t.is(clock.sinceBoot(), 11_303 + 8 * 3_600_000);
	t.is(clock.monotonic(), 11_300);
	monotonic += 300;
	uptime = 1;
	t.is(clock.sinceBoot(), 11_603 + 8 * 3_600_000);
});

test("where the kernel does not tell its uptime, the time since the boot is the monotonic clock's", (t) => {
	const clock = createClock({ monotonic: () => 5_000, uptime: () => undefined });
	t.is(clock.sinceBoot(), 5_000);
	t.true(
		Math.abs(systemClock.sinceBoot() - Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000) < 60_000,
	);
});

test("a machine that was suspended renews its credential for the bus when it wakes up", (t) => {
	let [monotonic, uptime] = [0, 0];
	const clock = createClock({ monotonic: () => monotonic, uptime: () => uptime });
	const createKeys = () => ({ seed: `SU${"A".repeat(56)}`, publicKey: PUBLIC_KEY });
	const identity = openBootIdentity(
		{ ...setUp(t).parts, clock, createKeys, signers: [], trust: createServerTrust(undefined) },
		BOOT,
	);
	identity.joined({
		machineId: MACHINE,
		jwt: "one",
		servers: ["nats://x"],
		signers: [],
		signature: "",
		expiresInSeconds: 3600,
	});
	monotonic += 60_000;
	uptime += 60_000;
	t.false(identity.renewalDue());
	monotonic += 1_000;
	uptime += 3_000_000;
	t.true(identity.renewalDue());
});

test("a second agent refuses to run on a machine that has one, and says what to do", async (t) => {
	const folder = join(ownFolder(t), "state");
	const script = `import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "../src/adapters/files/state-lock.ts"))};
		lockFolder(process.argv[1]); console.log("locked"); setInterval(() => {}, 1000);`;
	const first = run(process.execPath, ["--input-type=module", "-e", script, folder]);
	t.teardown(() => first.end("SIGKILL"));
	await eventually("it is locked", () => first.output().includes("locked"));
	t.throws(() => lockFolder(folder), { message: /another agent, process \d+, runs on this machine .*systemctl stop/ });
	const second = run(process.execPath, ["--input-type=module", "-e", script, folder]);
	t.teardown(() => second.end("SIGKILL"));
	t.is((await second.exited).code, 1);
	await first.end("SIGKILL");
	t.notThrows(() => lockFolder(folder));
});

test("who finds no room for a file locks the state, and leaves nothing else", async (t) => {
	const folder = join(ownFolder(t), "state");
	const script = `import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "../src/adapters/files/state-lock.ts"))};
		lockFolder(process.argv[1]);`;
	// Files may have no byte, as in a memory that is full.
	const words = ["-c", 'ulimit -f 0; exec "$@"', "sh", process.execPath, "--input-type=module", "-e", script, folder];
	const asked = run("sh", words, { NODE_COMPILE_CACHE: "" });
	t.teardown(() => asked.end());
	t.is((await asked.exited).code, 0);
	t.deepEqual(readdirSync(folder), ["lock"]);
});

test("of many that find the lock of a process that is gone, one gets it", async (t) => {
	const folder = join(ownFolder(t), "state");
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "lock"), "4194000 1");
	const script = `import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "../src/adapters/files/state-lock.ts"))};
		lockFolder(process.argv[1]); console.log("locked"); setInterval(() => {}, 1000);`;
	const all = Array.from({ length: 6 }, () => run(process.execPath, ["--input-type=module", "-e", script, folder]));
	for (const one of all) t.teardown(() => one.end("SIGKILL"));
	await eventually("all but one gave up", () => all.filter(({ child }) => child.exitCode !== null).length === 5);
	t.is(all.filter((one) => one.output().includes("locked")).length, 1);
});
