import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { CommandAnswer, MachineView, Problem } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ROOT } from "@rollcall/test-support/part";
import { commandLine, descendantsOf } from "@rollcall/test-support/process-table";
import test, { type ExecutionContext } from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { declare, documentText, smallRole } from "../support/documents.ts";
import { eventsOf } from "../support/events.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";
import { mountTmpfs } from "../support/mount.ts";

const enter = createGate(2);
const TEXT = "etc/rollcall/role/text";
const asRoot = testNeeding(ROOT);

interface Scene {
	readonly coordinator: TestCoordinator;
	readonly machine: TestMachine;
	/** The machine when it was ready with the first text. */
	readonly before: MachineView;
	/** Pid of the unit that ran then. */
	readonly pid: number | undefined;
}

function sleeper({ process: { child } }: TestMachine): number | undefined {
	return descendantsOf(child.pid ?? -1).find((pid) => commandLine(pid) === "/bin/sleep 1000000");
}

/** A machine that is ready with a small role whose file says "one". */
async function readyMachine(t: ExecutionContext, root?: string): Promise<Scene> {
	const coordinator = await startCoordinator(t, { document: documentText(documentOf(smallRole("one"))) });
	const machine = await startMachine(t, coordinator, { name: "rejecting", ...(root ? { root } : {}) });
	const [before] = await allReady(coordinator, 1);
	if (!before) throw new Error("no machine");
	return { coordinator, machine, before, pid: sleeper(machine) };
}

function documentOf(role: object) {
	return { slots: [{ name: "small", role: "small", count: 1 }], roles: { small: role } };
}

/** The small role with another text, and more files, units and probes. */
function roleWith(more: { files?: object[]; units?: object[]; probes?: object[] }): object {
	const small = smallRole("two") as { files: object[]; units: object[]; probes: object[] };
	return {
		...small,
		files: [...small.files, ...(more.files ?? [])],
		units: [...small.units, ...(more.units ?? [])],
		probes: [...small.probes, ...(more.probes ?? [])],
	};
}

/** Declares what cannot be applied; the machine says so, and goes on as before. */
async function rejects(
	t: ExecutionContext,
	scene: Scene,
	{ role, step, reason }: { role: object; step: string; reason: RegExp },
): Promise<void> {
	const { coordinator, machine, before, pid } = scene;
	await declare(coordinator, documentOf(role));
	const failed = await eventually("the target to be rejected", async () => {
		const { machine: view } = await coordinator.machine(before.machineId);
		if (view.phase === "failed") return view;
		throw new Error(`${view.phase}: ${view.reason}`);
	});
	t.is(failed.progress, "rejected");
	t.regex(failed.reason, reason);
	t.true(failed.generation > before.generation);
	const rejected = (await eventsOf(coordinator, "target-progress")).find(
		({ progress }) => progress.state === "rejected",
	);
	t.is(rejected?.progress.state === "rejected" ? rejected.progress.step : undefined, step as "files");
	t.regex(rejected?.progress.state === "rejected" ? rejected.progress.reason : "", reason);

	// What ran before runs: its file, its unit, its generation.
	t.is(readFileSync(join(machine.root, TEXT), "utf8"), "one");
	t.not(pid, undefined);
	t.is(sleeper(machine), pid);
	const pong = await coordinator.call<CommandAnswer>("POST", `/v1/machines/${before.machineId}/commands`, {
		kind: "ping",
	});
	t.is(pong.reply.kind === "pong" ? pong.reply.generation : undefined, before.generation);
	t.deepEqual(
		readdirSync(join(machine.root, "etc/rollcall/role")).filter((name) => name.startsWith(".")),
		[],
	);
}

/** A good document brings the machine back. */
async function recovers(t: ExecutionContext, { coordinator, machine }: Scene): Promise<void> {
	await declare(coordinator, documentOf(smallRole("three")));
	await allReady(coordinator, 1);
	t.is(readFileSync(join(machine.root, TEXT), "utf8"), "three");
}

asRoot(
	"a target that does not fit into a full tmpfs is rejected with the path, and what ran before runs on",
	async (t) => {
		t.teardown(await enter());
		const scene = await readyMachine(t);
		mountTmpfs(t, join(scene.machine.root, "opt/rollcall"), "size=64k");
		const file = { path: "/opt/rollcall/large", mode: "0644", content: "x".repeat(200_000) };
		await rejects(t, scene, {
			role: roleWith({ files: [file] }),
			step: "files",
			reason: /\/opt\/rollcall\/large: no space left on the device/,
		});
		t.deepEqual(readdirSync(join(scene.machine.root, "opt/rollcall")), []);
		await recovers(t, scene);
	},
);

asRoot(
	"a machine whose whole RAM disk is full rejects a target, keeps what runs, and takes a smaller one",
	async (t) => {
		t.teardown(await enter());
		const root = ownFolder(t, "rollcall-full-");
		mountTmpfs(t, root, "size=2m");
		const scene = await readyMachine(t, root);
		const filler = join(root, "var/filler");
		try {
			for (let size = 0; size < 4096; size += 16) writeFileSync(filler, Buffer.alloc(16 * 1024), { flag: "a" });
		} catch {
			// It is full now.
		}
		writeFileSync(filler, Buffer.alloc(0), { flag: "r+" });
		const file = { path: "/opt/rollcall/large", mode: "0644", content: "x".repeat(200_000) };
		await rejects(t, scene, { role: roleWith({ files: [file] }), step: "files", reason: /\/.*no space left on/i });
		rmSync(filler);
		await recovers(t, scene);
	},
);

asRoot("a target for a read-only file system is rejected with the path, and what ran before runs on", async (t) => {
	t.teardown(await enter());
	const scene = await readyMachine(t);
	mountTmpfs(t, join(scene.machine.root, "opt/cni/bin"), "size=64k,ro");
	const file = { path: "/opt/cni/bin/plugin", mode: "0755", content: "#!/bin/sh\n" };
	await rejects(t, scene, {
		role: roleWith({ files: [file] }),
		step: "files",
		reason: /\/opt\/cni\/bin\/plugin: the file system is read-only/,
	});
	await recovers(t, scene);
});

test("a target whose unit fails is rejected with the unit's name, and what ran before runs on", async (t) => {
	t.teardown(await enter());
	const scene = await readyMachine(t);
	const path = "/run/systemd/system/broken.service";
	const content = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo cannot begin >&2; exit 3'\n";
	await rejects(t, scene, {
		role: roleWith({ files: [{ path, mode: "0644", content }], units: [{ name: "broken.service" }] }),
		step: "units",
		reason: /broken\.service.*cannot begin/s,
	});
	t.throws(() => readFileSync(join(scene.machine.root, path)), { code: "ENOENT" });
	await recovers(t, scene);
});

test("a target whose probe is never answered is rejected with the component's name, and what ran before runs on", async (t) => {
	t.teardown(await enter());
	const scene = await readyMachine(t);
	const silent = createServer((socket) => socket.on("error", () => {}));
	await new Promise<void>((listening) => silent.listen(0, scene.machine.loopback, listening));
	t.teardown(() => silent.close());
	const address = silent.address();
	const port = typeof address === "object" ? address?.port : undefined;
	const probe = {
		kind: "http",
		component: "mute",
		port,
		path: "/healthz",
		deadlineSeconds: 3,
		intervalSeconds: 1,
		timeoutSeconds: 1,
	};
	await rejects(t, scene, {
		role: roleWith({ probes: [probe] }),
		step: "probes",
		reason: /mute.*no answer within 1 s/s,
	});
	await recovers(t, scene);
});

test("a document with a file outside the folders of the agent is refused, and a link that leads out of them is not followed", async (t) => {
	t.teardown(await enter());
	const scene = await readyMachine(t);
	const { coordinator, machine } = scene;
	const outside = roleWith({ files: [{ path: "/etc/passwd", mode: "0644", content: "x" }] });
	const answer = await coordinator.request("PUT", "/v1/cluster", { text: documentText(documentOf(outside)) });
	t.is(answer.status, 422);
	const problem = answer.body as Problem;
	t.is(problem.code, "document-invalid");
	t.true(JSON.stringify(problem).includes("/etc/passwd"));

	const elsewhere = ownFolder(t);
	mkdirSync(join(machine.root, "opt/rollcall"), { recursive: true });
	symlinkSync(elsewhere, join(machine.root, "opt/rollcall/link"));
	const linked = { path: "/opt/rollcall/link/file", mode: "0644", content: "x" };
	await rejects(t, scene, {
		role: roleWith({ files: [linked] }),
		step: "files",
		reason: /\/opt\/rollcall\/link\/file: \/opt\/rollcall\/link is a symbolic link/,
	});
	t.deepEqual(readdirSync(elsewhere), []);
	await recovers(t, scene);
});
