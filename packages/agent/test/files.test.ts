import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WRITE_ROOTS } from "@rollcall/protocol";
import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import test, { type ExecutionContext } from "ava";
import { createTargetFiles } from "../src/adapters/files/target-files.ts";
import { FilesError } from "../src/errors.ts";
import { applyTarget } from "../src/loop/apply.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, file, MACHINE } from "./support/targets.ts";

const run = () => ({ machineId: MACHINE, signal: new AbortController().signal, started: () => {} });

test("a target's files get their content and mode, keys lie in a closed folder, and nothing temporary stays", async (t) => {
	const root = temporaryRoot(t);
	const parts = applyParts(root, createScriptedUnits());
	const files = [file("/etc/kubernetes/manifests/a.yaml", "a"), file("/etc/kubernetes/pki/etcd/ca.key", "key", "0600")];
	t.deepEqual(await applyTarget(parts, accepted(1, { files }), run()), { state: "applied" });
	t.deepEqual(tree(root), {
		"/etc/kubernetes/manifests/a.yaml": "644 a",
		"/etc/kubernetes/pki/etcd/ca.key": "600 key",
	});
	t.is(statSync(join(root, "etc/kubernetes/pki")).mode & 0o777, 0o700);
	t.is(statSync(join(root, "etc/kubernetes/manifests")).mode & 0o777, 0o755);
	t.deepEqual(
		readdirSync(join(root, "run/rollcall/state")).sort(),
		["good.json", "identity.json", "ledger.json"].filter((name) => name !== "identity.json"),
	);
	t.is(statSync(join(root, "run/rollcall/state/good.json")).mode & 0o777, 0o600);
});

test("equal files are not written again, a wrong mode is put right, and files of the earlier target go with their folders", async (t) => {
	const root = temporaryRoot(t);
	const parts = applyParts(root, createScriptedUnits());
	const a = file("/etc/kubernetes/a.conf", "a");
	await applyTarget(parts, accepted(1, { files: [a, file("/etc/kubernetes/deep/er/b.conf", "b")] }), run());
	const before = statSync(join(root, a.path)).ino;
	t.deepEqual(await applyTarget(parts, accepted(2, { files: [a] }), run()), { state: "applied" });
	t.is(statSync(join(root, a.path)).ino, before);
	t.deepEqual(readdirSync(join(root, "etc/kubernetes")), ["a.conf"]);
	chmodSync(join(root, a.path), 0o666);
	await applyTarget(parts, accepted(3, { files: [a] }), run());
	t.deepEqual(tree(root), { "/etc/kubernetes/a.conf": "644 a" });
});

test("a target that may not be applied is refused at its check, and nothing changes", async (t) => {
	const root = temporaryRoot(t);
	const parts = applyParts(root, createScriptedUnits());
	const good = accepted(1, { files: [file("/etc/kubernetes/a", "a")] });
	const cases = [
		accepted(1, { files: [file("/etc/passwd", "x")] }),
		accepted(1, { files: [file("/etc/kubernetes/a", "x"), file("/etc/kubernetes/a", "y")] }),
		accepted(1, { files: [file("/etc/kubernetes/a", "x"), file("/etc/kubernetes/a/b", "y")] }),
		accepted(1, { files: [{ path: "/etc/kubernetes/a", mode: "0644", encoding: "base64", content: "***" }] }),
		accepted(1, { files: [file("/etc/kubernetes/.rollcall-x", "x")] }),
		{ ...good, target: { ...good.target, digest: accepted(1, {}).target.digest } },
		{ ...good, target: { ...good.target, machineId: "m-2" as typeof MACHINE } },
	];
	for (const one of cases) {
		const outcome = await applyTarget(parts, one, run());
		t.is(outcome.state === "rejected" && outcome.step, "check");
	}
	t.deepEqual(tree(root), {});
});

test("confinement: symbolic links from a write root down are refused, and what they lead to stays untouched", async (t) => {
	const root = temporaryRoot(t);
	const outside = temporaryRoot(t);
	const parts = applyParts(root, createScriptedUnits());
	mkdirSync(join(root, "etc/kubernetes"));
	symlinkSync(outside, join(root, "etc/kubernetes/manifests"));
	symlinkSync(outside, join(root, "opt"));
	for (const path of [
		"/etc/kubernetes/manifests/a.yaml",
		"/etc/kubernetes/manifests/deeper/a.yaml",
		"/opt/rollcall/a",
	]) {
		const outcome = await applyTarget(parts, accepted(1, { files: [file(path, "x")] }), run());
		t.like(outcome, { state: "rejected", step: "files" });
		t.regex(outcome.state === "rejected" ? outcome.reason : "", /symbolic link/);
	}
	t.deepEqual(tree(outside), {});
});

test("confinement: a symbolic link in a file's own place is replaced, not followed", async (t) => {
	const root = temporaryRoot(t);
	const victim = join(root, "victim");
	writeFileSync(victim, "precious");
	mkdirSync(join(root, "etc/kubernetes"));
	symlinkSync(victim, join(root, "etc/kubernetes/a"));
	await applyTarget(
		applyParts(root, createScriptedUnits()),
		accepted(1, { files: [file("/etc/kubernetes/a", "a")] }),
		run(),
	);
	t.deepEqual(tree(root), { "/etc/kubernetes/a": "644 a", "/victim": tree(root)["/victim"] ?? "" });
	t.regex(tree(root)["/victim"] ?? "", /precious$/);
});

test("confinement: the files adapter itself refuses paths outside, whoever asks", async (t) => {
	const files = createTargetFiles({ root: temporaryRoot(t), writeRoots: WRITE_ROOTS });
	for (const path of ["/etc/shadow", "/etc/kubernetes/../shadow", "/root/.ssh/authorized_keys"]) {
		await t.throwsAsync(files.compare(accepted(1, { files: [file(path, "x")] }).target.content, []), {
			instanceOf: FilesError,
		});
	}
});

/** Mounts a file system of its own. */
function mount(t: ExecutionContext, folder: string, options: string): void {
	mkdirSync(folder, { recursive: true });
	execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", folder], { stdio: "pipe" });
	t.teardown(() => execFileSync("umount", ["-l", folder]));
}

const testMounting = testNeeding(ROOT);

testMounting.serial(
	"a full tmpfs: the target is rejected with the path and ENOSPC, and the earlier one stays whole",
	async (t) => {
		const root = temporaryRoot(t);
		mount(t, join(root, "etc/kubernetes"), "size=64k");
		const parts = applyParts(root, createScriptedUnits());
		await applyTarget(parts, accepted(1, { files: [file("/etc/kubernetes/a", "old")] }), run());
		const big = [file("/etc/kubernetes/a", "new"), file("/etc/kubernetes/big", "x".repeat(200_000))];
		const outcome = await applyTarget(parts, accepted(2, { files: big }), run());
		t.like(outcome, { state: "rejected", step: "files" });
		t.regex(
			outcome.state === "rejected" ? outcome.reason : "",
			/^\/etc\/kubernetes\/big: no space left on the device \(ENOSPC\); make room there, and it goes on by itself$/,
		);
		t.deepEqual(tree(root), { "/etc/kubernetes/a": "644 old" });
	},
);

testMounting.serial("a read-only file system: the target is rejected with the path and EROFS", async (t) => {
	const root = temporaryRoot(t);
	mount(t, join(root, "etc/kubernetes"), "size=64k,ro");
	const outcome = await applyTarget(
		applyParts(root, createScriptedUnits()),
		accepted(1, { files: [file("/etc/kubernetes/a", "x")] }),
		run(),
	);
	t.like(outcome, { state: "rejected", step: "files" });
	t.regex(
		outcome.state === "rejected" ? outcome.reason : "",
		/\/etc\/kubernetes\/a: the file system is read-only \(EROFS\)/,
	);
});
