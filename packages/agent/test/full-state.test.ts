import { spawnSync } from "node:child_process";
import { rootCertificates } from "node:tls";
import { PodRoute, podRoutesDigest } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import test from "ava";
import { createFullDisk } from "./support/full-disk.ts";
import { startAgent } from "./support/start-agent.ts";
import { accepted, file, podNetwork } from "./support/targets.ts";

const TARGET = accepted(1, {
	files: [file("/etc/kubernetes/a", "a")],
	units: [{ name: "k.service", restartOn: [] }],
	podNetwork: podNetwork(0),
});
const ROUTES = [PodRoute.parse({ nodeName: "n2", networks: ["10.254.1.0/24"], addresses: ["192.0.2.2/24"] })];

test("an agent that can write nothing down stays on the bus with what it is told, and writes it when there is room", async (t) => {
	const full = createFullDisk();
	const { bus, memory, ended } = startAgent(t, { full });
	let isOver = false;
	void ended.then(
		() => {
			isOver = true;
		},
		() => {
			isOver = true;
		},
	);
	bus.hello = ({ renew }) => ({
		kind: "target",
		target: TARGET.target,
		proof: TARGET.proof,
		...(renew ? { jwt: "renewed" } : {}),
	});
	await eventually("applied", () => bus.reports.some((report) => report.progress?.state === "applied"));
	await eventually("its routes are asked for", () => memory.podNetwork()?.table !== undefined);

	full.fillAt(1);
	bus.routes = () => ({ kind: "table", digest: podRoutesDigest(ROUTES), routes: ROUTES });
	bus.events().routes(podRoutesDigest(ROUTES));
	await eventually("a write that fails", () => full.isFull());
	// Some beats later: a link that broke would have been opened anew.
	const before = bus.beats.length;
	await eventually("it beats on", () => bus.beats.length > before + 20);
	t.is(bus.servers.length, 1);

	// Cut off, it enrolls anew, and is given another JWT.
	bus.cut();
	await eventually("another connection", () => bus.servers.length > 1);
	t.is(bus.jwts.at(-1), "jwt-2");
	const after = bus.beats.length;
	await eventually("it beats on", () => bus.beats.length > after + 20);
	t.false(isOver);

	t.is(memory.identity()?.joined?.jwt, "jwt-1");
	full.room();
	await eventually("its identity is written", () => memory.identity()?.joined?.jwt === "jwt-2");
	await eventually("its routes are written", () => memory.podNetwork()?.table?.length === 1);
});

test("other authorities of the listeners are confirmed only when the next life of the agent believes them, too", async (t) => {
	const full = createFullDisk();
	const { bus, memory } = startAgent(t, { full });
	await eventually("hello", () => bus.hellos.length > 0);
	const { bootId } = bus.hellos[0] ?? {};
	t.truthy(bootId);
	if (bootId === undefined) return;
	const [authority = ""] = rootCertificates;
	const believe = () => bus.command({ kind: "believe", bootId, authority });
	full.fillAt(1);
	await t.throwsAsync(believe, { message: /ENOSPC/ });
	await t.throwsAsync(believe, { message: /ENOSPC/ });
	full.room();
	t.is((await believe()).kind, "accepted");
	t.is(memory.identity()?.authority, authority);
});

const LOCK = new URL("../src/adapters/files/state-lock.ts", import.meta.url);
const LOCK_IT = `const { lockFolder } = await import("${LOCK}"); lockFolder("/mnt/state"); console.log("locked");`;

for (const [what, options, takeAll] of [
	["room", "size=64k", "head -c 128k /dev/zero > /mnt/all || true"],
	["names", "nr_inodes=16", "for n in $(seq 20); do mkdir /mnt/$n || true; done"],
] as const)
	testNeeding(ROOT)(`an agent that died where no ${what} are left gets its state folder back, again and again`, (t) => {
		const lives = Array.from({ length: 3 }, () => '"$0" --input-type=module -e "$1"').join("; ");
		const all = `set -e; mount -t tmpfs -o ${options} own /mnt; "$0" --input-type=module -e "$1"; ${takeAll}; ${lives}; ls -A /mnt/state`;
		const words = ["--mount", "sh", "-c", all, process.execPath, LOCK_IT];
		const { stdout, stderr, status } = spawnSync("unshare", words, { encoding: "utf8" });
		t.is(status, 0, stderr);
		t.is(stdout, `${"locked\n".repeat(4)}lock\n`);
	});
