import { spawnSync } from "node:child_process";
import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import { MOUNT } from "./support/etcd.ts";
import { BOOT } from "./support/targets.ts";

const MEMORY_FILES = new URL("../src/adapters/files/memory.ts", import.meta.url);
const HELD = { unit: MOUNT, path: "/var/lib/etcd" };
const IS = { ...HELD, is: { memberId: "10276657743932975437", clusterId: "14841639068965178418", bootId: BOOT } };
const NOTE = `
	import { spawnSync } from "node:child_process";
	const { createMemory } = await import("${MEMORY_FILES}");
	const memory = createMemory("/mnt/state");
	const { held, is, takeAll } = JSON.parse(process.argv[1]);
	memory.saveEtcd(is);
	memory.saveEtcd(held);
	spawnSync("sh", ["-c", takeAll]);
	let refused = "";
	try { memory.saveLedger({ files: [], folders: [], units: ["a.service"] }); } catch (error) { refused = error.message; }
	const said = [];
	for (const what of [is, held, is, { ...held, lost: is.is }]) {
		memory.saveEtcd(what);
		said.push(createMemory("/mnt/state").etcd());
	}
	console.log(JSON.stringify({ refused, said }));`;

for (const [what, options, takeAll] of [
	["room", "size=64k", "head -c 128k /dev/zero > /mnt/all"],
	["names", "nr_inodes=8", "for n in $(seq 20); do mkdir /mnt/$n; done"],
] as const)
	testNeeding(ROOT)(`whose memory of etcd it is, and that it is lost, is noted also where no ${what} are left`, (t) => {
		const run = `mount -t tmpfs -o ${options} own /mnt; exec "$0" --input-type=module -e "$1" "$2"`;
		const words = ["--mount", "sh", "-ec", run, process.execPath, NOTE];
		const given = JSON.stringify({ held: HELD, is: IS, takeAll });
		const { stdout, stderr, status } = spawnSync("unshare", [...words, given], { encoding: "utf8" });
		t.is(status, 0, stderr);
		const { refused, said } = JSON.parse(stdout);
		t.regex(refused, /ENOSPC/);
		t.deepEqual(said, [IS, HELD, IS, { ...HELD, lost: IS.is }]);
	});
