import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { testNeeding } from "@rollcall/test-support/needing";
import { debianFolders, debianPackages, ROOT } from "@rollcall/test-support/part";
import { run } from "@rollcall/test-support/running";
import test, { type ExecutionContext } from "ava";
import { createEtcdMemoryKeeper } from "../src/loop/etcd-memory.ts";
import { temporaryRoot } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { BOOT } from "./support/targets.ts";

const HOLDS = { unit: "var-lib-etcd.mount", path: "/var/lib/etcd" };
const BAR = "var/lib/etcd/member";
const ETCD = ["etcd-server"];
const own = process.env.ETCD_BIN || undefined;

/** A machine without a mount, whose agent is about to apply a target with etcd. */
function machine(t: ExecutionContext, standIns: boolean) {
	const root = temporaryRoot(t);
	const etcd = createEtcdMemoryKeeper({
		...applyParts(root, createScriptedUnits()),
		...{ bootId: BOOT, standIns, changed: () => {} },
	});
	etcd.hold(HOLDS);
	return { root, etcd };
}

/** etcd on a machine's folder, as kubelet starts it, whether or not anything is mounted there. */
async function starter(t: ExecutionContext, root: string) {
	const program = own ? join(own, "etcd") : join((await debianFolders(ETCD))[0] ?? "", "usr/bin/etcd");
	const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
	const args = [
		...["--data-dir", join(root, "var/lib/etcd"), "--initial-cluster", `default=${peer}`],
		...["--listen-client-urls", client, "--advertise-client-urls", client],
		...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
	];
	return () => {
		const etcd = run(program, args);
		t.teardown(() => etcd.end("SIGKILL"));
		const hasBegun = async () => (await fetch(`${client}/health`).catch(() => undefined))?.ok && "it began";
		const comes = eventually("etcd answers, or ends", async () =>
			etcd.child.exitCode === null ? await hasBegun() : "it ended",
		);
		return { etcd, comes };
	};
}

testNeeding(own ? { missing: undefined } : await debianPackages(ETCD))(
	"a real etcd does not begin where its memory is not mounted, nor where it was lost, in this boot",
	async (t) => {
		const { root, etcd } = machine(t, false);
		const start = await starter(t, root);
		t.is(await start().comes, "it ended", "nothing is mounted");
		t.is(etcd.present(), null);
		t.is(etcd.held()?.lost, undefined);
		// What is mounted covers it.
		rmSync(join(root, BAR));
		const member = start();
		t.is(await member.comes, "it began");
		t.is(etcd.present()?.bootId, BOOT);
		await member.etcd.end("SIGKILL");
		for (const name of readdirSync(join(root, "var/lib/etcd")))
			rmSync(join(root, "var/lib/etcd", name), { recursive: true });
		t.is(etcd.present(), null);
		t.truthy(etcd.held()?.lost);
		t.is(await start().comes, "it ended", "its memory is lost");
		t.is(etcd.present(), null);
		etcd.letGo();
		t.deepEqual(readdirSync(join(root, "var/lib/etcd")), [], "the memory may go, and what was in the way goes with it");
	},
);

test("where what is mounted may be a stand-in, which is the folder itself, nothing is in the way of etcd", (t) => {
	const { root } = machine(t, true);
	t.false(existsSync(join(root, BAR)));
});

const MOUNTED = `
	const { createEtcdData } = await import(${JSON.stringify(String(new URL("../src/adapters/files/etcd-data.ts", import.meta.url)))});
	const { readdirSync } = await import("node:fs");
	const data = createEtcdData("/");
	data.bar("/mnt/etcd", "below");
	data.unbar("/mnt/etcd");
	data.bar("/mnt/other", "below");
	data.bar("/mnt/other", "below");
	console.log(JSON.stringify([readdirSync("/mnt/etcd"), readdirSync("/mnt/other"), data.look("/mnt/other").kind]));`;

testNeeding(ROOT)("what is mounted already has nothing in the way of etcd", (t) => {
	const all =
		'mount -t tmpfs own /mnt; mkdir /mnt/etcd; mount -t tmpfs own /mnt/etcd; exec "$0" --input-type=module -e "$1"';
	const words = ["--mount", "sh", "-ec", all, process.execPath, MOUNTED];
	const { stdout, stderr, status } = spawnSync("unshare", words, { encoding: "utf8" });
	t.is(status, 0, stderr);
	t.deepEqual(JSON.parse(stdout), [[], ["member"], "none"]);
});
