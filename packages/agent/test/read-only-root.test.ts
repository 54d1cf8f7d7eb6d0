import { spawnSync } from "node:child_process";
import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";

const source = (path: string) => JSON.stringify(String(new URL(`../src/${path}`, import.meta.url)));
const TRY_ALL = `
	const { lockMachine } = await import(${source("adapters/files/state-lock.ts")});
	const { createMemory } = await import(${source("adapters/files/memory.ts")});
	const { createTimeFiles } = await import(${source("adapters/files/time-files.ts")});
	const { createTargetFiles } = await import(${source("adapters/files/target-files.ts")});
	const { TIME_PATHS } = await import("@rollcall/protocol");
	const content = { path: "/etc/kubernetes/manifests/etcd.yaml", mode: "0600", encoding: "utf8", content: "etcd" };
	const target = { files: [content], units: [], probes: [], artifacts: [], certificates: [], secrets: [] };
	const files = createTargetFiles({ root: "/mnt/root", writeRoots: ["/etc/kubernetes"] });
	const said = {};
	for (const [what, act] of Object.entries({
		lock: () => lockMachine("/mnt/root", "/mnt/root/run/rollcall/state"),
		memory: () => createMemory("/mnt/root/run/rollcall/state"),
		time: () => createTimeFiles("/mnt/root").put({ path: TIME_PATHS[0], content: "x" }),
		target: async () => files.stage(target, await files.compare(target, []), new Set()),
	}))
		try { await act(); said[what] = "nothing"; } catch (error) { said[what] = error.message; }
	console.log(JSON.stringify(said));`;

testNeeding(ROOT)(
	"an agent on a root that is read-only names that as the cause, and the folder, also where several folders are missing",
	(t) => {
		const run =
			'mount -t tmpfs own /mnt; mkdir /mnt/root; mount -o remount,ro /mnt; exec "$0" --input-type=module -e "$1"';
		const { stdout, stderr, status } = spawnSync("unshare", ["--mount", "sh", "-ec", run, process.execPath, TRY_ALL], {
			encoding: "utf8",
		});
		t.is(status, 0, stderr);
		const said: Record<string, string> = JSON.parse(stdout);
		t.deepEqual(Object.keys(said), ["lock", "memory", "time", "target"]);
		for (const [what, message] of Object.entries(said)) {
			t.regex(message, /read-only/, what);
			t.regex(message, /\/(?:run|etc)\/\w+/, what);
			t.regex(message, /mount it writable/, what);
		}
	},
);
